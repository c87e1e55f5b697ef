import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { KEY_VARIABLES } from './shell-script.ts'
import { codePointEscape, textLiteral } from './text-literal.ts'

const literal = (text: string) => textLiteral(text, { quote: '"', escaped: codePointEscape })

export const pythonSample: Template = {
  title: 'Python',
  file: 'sample.py',
  write: (request) => `# Once: python3 -m pip install "alibabacloud-tea-openapi>=0.4"
# Then: python3 sample.py, with ${KEY_VARIABLES} set.
import json
import os
import sys

from alibabacloud_tea_openapi import models
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from darabonba.runtime import RuntimeOptions

client = Client(
    models.Config(
        endpoint=${literal(request.host)},
        protocol=${literal(request.scheme)},
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
    )
)


def call(action, body):
    params = models.Params(
        action=action,
        version=${literal(request.version)},
        protocol=${literal(request.scheme)},
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    runtime = RuntimeOptions(connect_timeout=10000, read_timeout=40000)
    return client.call_api(params, models.OpenApiRequest(body=body), runtime)["body"]


def show(answer):
    print(json.dumps(answer, ensure_ascii=False, indent=2))


try:
${steps(request)}except AlibabaCloudException as error:
    sys.exit(f"{error.code}: {error.message}")
`,
}

function steps({ action, parameters, wait }: SampleRequest): string {
  const lines = parameters.map(([name, value]) => `            ${literal(name)}: ${literal(value)},\n`).join('')
  const body = lines === '' ? '{}' : `{\n${lines}        }`
  const create = `    answer = call(\n        ${literal(action)},\n        ${body},\n    )\n    show(answer)\n`
  if (wait === undefined) return create
  return `${create}    task = str(answer["TaskId"])
    for _ in range(${wait.rounds}):
        answer = call("${READ_TASK}", {"TaskId": task, "WaitSeconds": "${wait.seconds}"})
        if answer.get("ErrCode") != "Task.NotFinished":
            break
    show(answer)
`
}
