import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { KEY_VARIABLES } from './shell-script.ts'
import { codePointEscape, textLiteral } from './text-literal.ts'

const literal = (text: string) => textLiteral(text, { quote: '"', escaped: codePointEscape })

export const goSample: Template = {
  title: 'Go',
  file: 'main.go',
  write: (
    request,
  ) => `// Once: go mod init sample && go get github.com/alibabacloud-go/darabonba-openapi/v2@v2.1.13 github.com/alibabacloud-go/tea@v1.3.13
// Then: go run ., with ${KEY_VARIABLES} set.
package main

import (
	"encoding/json"
	"log"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
)

func call(client *openapi.Client, action string, body map[string]any) map[string]any {
	params := &openapi.Params{
		Action:      tea.String(action),
		Version:     tea.String(${literal(request.version)}),
		Protocol:    tea.String(${literal(request.scheme)}),
		Pathname:    tea.String("/"),
		Method:      tea.String("POST"),
		AuthType:    tea.String("AK"),
		Style:       tea.String("RPC"),
		ReqBodyType: tea.String("formData"),
		BodyType:    tea.String("json"),
	}
	runtime := &dara.RuntimeOptions{ConnectTimeout: dara.Int(10000), ReadTimeout: dara.Int(40000)}
	answer, err := client.CallApi(params, &openapi.OpenApiRequest{Body: body}, runtime)
	if err != nil {
		log.Fatal(err)
	}
	return answer["body"].(map[string]any)
}

func show(answer map[string]any) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(answer); err != nil {
		log.Fatal(err)
	}
}

func main() {
	config := &openapi.Config{
		Endpoint:        tea.String(${literal(request.host)}),
		Protocol:        tea.String(${literal(request.scheme)}),
		AccessKeyId:     tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
	}
	if token := os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"); token != "" {
		config.SecurityToken = tea.String(token)
	}
	client, err := openapi.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

${steps(request)}}
`,
}

function steps({ action, parameters, wait }: SampleRequest): string {
  const lines = parameters.map(([name, value]) => `\t\t${literal(name)}: ${literal(value)},\n`).join('')
  const create = `	answer := call(client, ${literal(action)}, map[string]any{${lines === '' ? '' : `\n${lines}\t`}})
	show(answer)
`
  if (wait === undefined) return create
  return `${create}	task := json.Number("")
	text, err := json.Marshal(answer["TaskId"])
	if err == nil {
		err = json.Unmarshal(text, &task)
	}
	if err != nil {
		log.Fatal(err)
	}
	for round := 0; round < ${wait.rounds}; round++ {
		answer = call(client, "${READ_TASK}", map[string]any{"TaskId": task.String(), "WaitSeconds": "${wait.seconds}"})
		if answer["ErrCode"] != "Task.NotFinished" {
			break
		}
	}
	show(answer)
`
}
