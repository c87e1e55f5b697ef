const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for values of attributes. */
export const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (each) => ENTITIES[each] ?? each)
