import '@mantine/core/styles.css'
import './style.css'
import { createRoot } from 'react-dom/client'
import { config } from 'zod/mini'
import { App } from './app.tsx'
import { exchangeCode, takeOneUseCode } from './session/one-use-code.ts'

// The policy of the page forbids to make code from text, which is how schemas are made quick elsewhere.
config({ jitless: true })
const code = window.isSecureContext ? takeOneUseCode() : undefined
const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(<App arriving={code === undefined ? undefined : exchangeCode(code)} />)
