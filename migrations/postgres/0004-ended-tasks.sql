-- For statistics: tasks lie about in the order in which they ended, so the ends of a range of pages are enough, and cost
-- a write next to nothing.

CREATE INDEX tasks_ended ON tasks USING brin (ended_at) WITH (pages_per_range = 32, autosummarize = on);
