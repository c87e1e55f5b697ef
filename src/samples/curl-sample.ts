import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { createThenWait, scriptHead } from './shell-script.ts'
import { shellWord } from './shell-word.ts'

export const curlSample: Template = {
  title: 'curl',
  file: 'sample.sh',
  write(request) {
    const { action, wait, parameters } = request
    const create = `call ${shellWord(action)} ${shellWord(formText(parameters))}`
    const read = `call ${READ_TASK} "TaskId=$task&WaitSeconds=${wait?.seconds}"`
    const steps = wait === undefined ? `${create}\n` : createThenWait(create, { read, wait })
    return `${head(request)}\n${steps}`
  },
}

/** Percent-encoded here, so that the shell has nothing to encode: RFC 3986, UTF-8. */
const formText = (parameters: SampleRequest['parameters']) =>
  parameters.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&')

const percentEncode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const head = ({ origin, host, version }: SampleRequest) => `${scriptHead('Needs curl 7.55 or newer, and openssl.')}
endpoint=${shellWord(origin)}
host=${shellWord(host)}
version=${shellWord(version)}

# HMAC-SHA256 of standard input. An argument of openssl is seen by every user of the machine, so the key is none.
pad() {
  for byte in $({ printf %s "$ALIBABA_CLOUD_ACCESS_KEY_SECRET"; head -c 64 /dev/zero; } | head -c 64 | od -An -v -tu1); do
    printf "\\\\$(printf %03o $((byte ^ $1)))"
  done
}
hmac() {
  { pad 92; { pad 54; cat; } | openssl dgst -sha256 -binary; } | sha256
}
sha256() {
  openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# call ACTION FORM: one request, signed with version 3 (ACS3-HMAC-SHA256).
call() {
  hash=$(printf %s "$2" | sha256)
  token=\${ALIBABA_CLOUD_SECURITY_TOKEN:-}
  headers="host:$host
x-acs-action:$1
x-acs-content-sha256:$hash
x-acs-date:$(date -u +%Y-%m-%dT%H:%M:%SZ)
\${token:+x-acs-security-token:$token
}x-acs-signature-nonce:$(openssl rand -hex 16)
x-acs-version:$version"
  names="host;x-acs-action;x-acs-content-sha256;x-acs-date;\${token:+x-acs-security-token;}x-acs-signature-nonce;x-acs-version"
  canonical=$(printf 'POST\\n/\\n\\n%s\\n\\n%s\\n%s' "$headers" "$names" "$hash")
  signature=$(printf 'ACS3-HMAC-SHA256\\n%s' "$(printf %s "$canonical" | sha256)" | hmac)
  printf '%s\\n' "$headers" \\
    "Authorization: ACS3-HMAC-SHA256 Credential=$ALIBABA_CLOUD_ACCESS_KEY_ID,SignedHeaders=$names,Signature=$signature" |
    curl --silent --show-error --max-time 40 --header @- --data "$2" "$endpoint/"
  echo
}
`
