import { useMemo } from 'react'
import { type CodeLanguage, tokensOf } from './code-tokens.ts'

interface CodeBlockProps {
  /** Says what it is: the keys reach it, because it scrolls. */
  readonly label: string
  readonly text: string
  readonly language?: CodeLanguage
  /** Breaks lines that are too long, in place of scrolling sideways. */
  readonly wrap?: boolean
}

export function CodeBlock({ label, text, language, wrap = false }: CodeBlockProps) {
  const tokens = useMemo(() => (language === undefined ? [] : tokensOf(text, language)), [text, language])
  return (
    <pre className="code-block" data-wrap={wrap || undefined} role="group" aria-label={label} tabIndex={0}>
      <code>
        {language === undefined
          ? text
          : tokens.map((token, index) =>
              token.kind === 'plain' ? (
                token.text
              ) : (
                <span key={index} data-token={token.kind}>
                  {token.text}
                </span>
              ),
            )}
      </code>
    </pre>
  )
}
