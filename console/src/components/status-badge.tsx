/** What a colour means, never told by the colour alone. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'busy' | 'quiet'

export function StatusBadge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className="status-badge" data-tone={tone}>
      {children}
    </span>
  )
}
