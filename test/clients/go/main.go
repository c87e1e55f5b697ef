// Makes the calls of standard input, one JSON object a line, with Alibaba Cloud's clients, and tells each end in one line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

type call struct {
	Client, Signature, Endpoint, AccessKeyId, AccessKeySecret string
	Method, Place, Action, Version                            string
	Params                                                    map[string]string
}

type end struct {
	Body      any    `json:"body,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	Status    int    `json:"status,omitempty"`
	RequestId string `json:"requestId,omitempty"`
	Broken    string `json:"broken,omitempty"`
}

var clients = map[string]func(call) (end, error){
	"github.com/aliyun/alibaba-cloud-sdk-go":          sdkGo,
	"github.com/alibabacloud-go/darabonba-openapi/v2": darabonba,
}

func sdkGo(asked call) (end, error) {
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", asked.AccessKeyId, asked.AccessKeySecret)
	if err != nil {
		return end{}, err
	}
	request := requests.NewCommonRequest()
	request.Domain, request.Scheme, request.Method = asked.Endpoint, "http", asked.Method
	request.ApiName, request.Version = asked.Action, asked.Version
	request.SetReadTimeout(30 * time.Second)
	for name, value := range asked.Params {
		if asked.Place == "form" {
			request.FormParams[name] = value
		} else {
			request.QueryParams[name] = value
		}
	}
	response, err := client.ProcessCommonRequest(request)
	var refused *sdkerrors.ServerError
	if errors.As(err, &refused) {
		return end{Code: refused.ErrorCode(), Message: refused.Message(), Status: refused.HttpStatus(), RequestId: refused.RequestId()}, nil
	}
	if err != nil {
		return end{}, err
	}
	var body any
	err = json.Unmarshal(response.GetHttpContentBytes(), &body)
	return end{Body: body}, err
}

func darabonba(asked call) (end, error) {
	client, err := openapi.NewClient(&openapi.Config{
		AccessKeyId:     tea.String(asked.AccessKeyId),
		AccessKeySecret: tea.String(asked.AccessKeySecret),
		Endpoint:        tea.String(asked.Endpoint),
		Protocol:        tea.String("http"),
	})
	if err != nil {
		return end{}, err
	}
	if asked.Signature == "V1" {
		client.SignatureAlgorithm = tea.String("v2")
	}
	params := &openapi.Params{
		Action:      tea.String(asked.Action),
		Version:     tea.String(asked.Version),
		Protocol:    tea.String("HTTP"),
		Pathname:    tea.String("/"),
		Method:      tea.String(asked.Method),
		AuthType:    tea.String("AK"),
		Style:       tea.String("RPC"),
		ReqBodyType: tea.String("formData"),
		BodyType:    tea.String("json"),
	}
	values := map[string]*string{}
	form := map[string]any{}
	for name, value := range asked.Params {
		values[name] = tea.String(value)
		form[name] = value
	}
	request := &openapi.OpenApiRequest{Query: values}
	if asked.Place == "form" {
		request = &openapi.OpenApiRequest{Body: form}
	}
	answer, err := client.CallApi(params, request, &dara.RuntimeOptions{ReadTimeout: dara.Int(30_000), Autoretry: dara.Bool(false)})
	if err == nil {
		return end{Body: answer["body"]}, nil
	}
	var refused *tea.SDKError
	if !errors.As(err, &refused) {
		return end{}, err
	}
	var data struct{ RequestId string }
	if err := json.Unmarshal([]byte(tea.StringValue(refused.Data)), &data); err != nil {
		return end{}, err
	}
	return end{
		Code:      tea.StringValue(refused.Code),
		Message:   tea.StringValue(refused.Message),
		Status:    tea.IntValue(refused.StatusCode),
		RequestId: data.RequestId,
	}, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked call
		told, err := end{}, json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			ask, known := clients[asked.Client]
			if known {
				told, err = ask(asked)
			} else {
				err = fmt.Errorf("there is no client %s", asked.Client)
			}
		}
		if err != nil {
			told = end{Broken: err.Error()}
		}
		if err := out.Encode(told); err != nil {
			os.Exit(1)
		}
	}
}
