/** A server that got the password could repeat it in its words. Shorter ones than this would only garble the text. */
const SHORTEST = 4

export function withoutSecret(text: string, secret: string): string {
  return secret.length < SHORTEST ? text : text.replaceAll(secret, '***')
}
