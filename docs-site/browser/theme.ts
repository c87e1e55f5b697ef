/** Runs before anything is painted: colours that were chosen must not flash. The console keeps its choice under the same name. */
{
  const root = document.documentElement
  root.classList.add('scripted')
  try {
    root.dataset['theme'] = localStorage.getItem('mantine-color-scheme-value') ?? 'auto'
  } catch {
    // Where the browser keeps nothing the system's colours count.
  }
}
