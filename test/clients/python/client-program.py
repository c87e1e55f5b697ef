"""Makes the calls of standard input, one JSON object a line, with Alibaba Cloud's clients, and tells each end in one line."""

import json
import re
import sys

from alibabacloud_dbs20190306 import models as dbs_models
from alibabacloud_dbs20190306.client import Client as DbsClient
from alibabacloud_tea_openapi import models as openapi
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from darabonba.runtime import RuntimeOptions


def sdk_core(call):
    client = AcsClient(call["accessKeyId"], call["accessKeySecret"], "cn-hangzhou", auto_retry=False, timeout=30)
    request = CommonRequest(domain=call["endpoint"], version=call["version"], action_name=call["action"])
    request.set_protocol_type("http")
    request.set_method(call["method"])
    for name, value in call["params"].items():
        if call["place"] == "form":
            request.add_body_params(name, value)
        else:
            request.add_query_param(name, value)
    try:
        return {"body": json.loads(client.do_action_with_exception(request))}
    except ServerException as error:
        return failure(error.get_error_code(), error.get_error_msg(), error.get_http_status(), error.get_request_id())


def config(call):
    return openapi.Config(
        access_key_id=call["accessKeyId"],
        access_key_secret=call["accessKeySecret"],
        endpoint=call["endpoint"],
        protocol="http",
        signature_algorithm="v2" if call["signature"] == "V1" else None,
    )


RUNTIME = RuntimeOptions(autoretry=False, read_timeout=30000, connect_timeout=10000)


def tea_openapi(call):
    params = openapi.Params(
        action=call["action"],
        version=call["version"],
        protocol="HTTP",
        pathname="/",
        method=call["method"],
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    place = {"body": call["params"]} if call["place"] == "form" else {"query": call["params"]}
    return asked(lambda: OpenApiClient(config(call)).call_api(params, openapi.OpenApiRequest(**place), RUNTIME)["body"])


def dbs(call):
    """The generated client: a method and a model of its own for each operation."""
    request = getattr(dbs_models, call["action"] + "Request")().from_map(call["params"])
    spelt = re.sub(r"(?<!^)(?=[A-Z])", "_", call["action"].replace("DB", "Db")).lower().replace("db_list", "dblist")
    method = getattr(DbsClient(config(call)), spelt + "_with_options")
    return asked(lambda: method(request, RUNTIME).body.to_map())


def asked(ask):
    try:
        return {"body": ask()}
    except AlibabaCloudException as error:
        return failure(error.code, error.message, error.status_code, error.request_id)


def failure(code, message, status, request_id):
    return {"code": code, "message": message, "status": status, "requestId": request_id}


CLIENTS = {"aliyun-python-sdk-core": sdk_core, "alibabacloud-tea-openapi": tea_openapi, "alibabacloud-dbs20190306": dbs}

for line in sys.stdin:
    asked_for = json.loads(line)
    try:
        end = CLIENTS[asked_for["client"]](asked_for)
    except Exception as error:  # What the client does not call an answer of the server is a failure of the test.
        end = {"broken": f"{type(error).__name__}: {error}"}
    print(json.dumps(end), flush=True)
