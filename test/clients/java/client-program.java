import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the calls of standard input, one JSON object a line, with Alibaba Cloud's clients, and tells each end in one line. */
class ClientProgram {
  static class Call {
    String client, signature, endpoint, accessKeyId, accessKeySecret, method, place, action, version;
    Map<String, String> params;
  }

  public static void main(String[] args) throws Exception {
    Gson gson = new Gson();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Map<String, Object> end;
      try {
        end = ask(gson.fromJson(line, Call.class));
      } catch (Exception error) {
        // What the client does not call an answer of the server is a failure of the test.
        end = Map.of("broken", String.valueOf(error));
      }
      out.println(gson.toJson(end));
    }
  }

  static Map<String, Object> ask(Call call) throws Exception {
    switch (call.client) {
      case "com.aliyun:aliyun-java-sdk-core":
        return sdkCore(call);
      case "com.aliyun:tea-openapi":
        return teaOpenApi(call);
      default:
        throw new IllegalArgumentException("there is no client " + call.client);
    }
  }

  static Map<String, Object> sdkCore(Call call) throws Exception {
    DefaultProfile profile = DefaultProfile.getProfile("cn-hangzhou", call.accessKeyId, call.accessKeySecret);
    DefaultAcsClient client = new DefaultAcsClient(profile);
    client.setAutoRetry(false);
    CommonRequest request = new CommonRequest();
    request.setSysDomain(call.endpoint);
    request.setSysProtocol(ProtocolType.HTTP);
    request.setSysMethod(MethodType.valueOf(call.method));
    request.setSysVersion(call.version);
    request.setSysAction(call.action);
    request.setSysReadTimeout(30_000);
    for (Map.Entry<String, String> param : call.params.entrySet()) {
      if (call.place.equals("form")) request.putBodyParameter(param.getKey(), param.getValue());
      else request.putQueryParameter(param.getKey(), param.getValue());
    }
    try {
      return Map.of("body", JsonParser.parseString(client.getCommonResponse(request).getData()));
    } catch (ClientException error) {
      // It has errors of its own, which no request was sent for.
      if (error.getRequestId() == null) throw error;
      return failure(error.getErrCode(), error.getErrMsg(), null, error.getRequestId());
    } finally {
      client.shutdown();
    }
  }

  static Map<String, Object> teaOpenApi(Call call) throws Exception {
    Config config = new Config();
    config.setAccessKeyId(call.accessKeyId);
    config.setAccessKeySecret(call.accessKeySecret);
    config.setEndpoint(call.endpoint);
    config.setProtocol("http");
    if (call.signature.equals("V1")) config.setSignatureAlgorithm("v2");
    Params params = new Params()
        .setAction(call.action)
        .setVersion(call.version)
        .setProtocol("HTTP")
        .setPathname("/")
        .setMethod(call.method)
        .setAuthType("AK")
        .setStyle("RPC")
        .setReqBodyType("formData")
        .setBodyType("json");
    OpenApiRequest request = new OpenApiRequest();
    if (call.place.equals("form")) request.setBody(call.params);
    else request.setQuery(call.params);
    RuntimeOptions runtime = new RuntimeOptions().setAutoretry(false).setReadTimeout(30_000);
    try {
      return Map.of("body", new Client(config).callApi(params, request, runtime).get("body"));
    } catch (TeaException error) {
      Map<String, Object> data = error.getData() == null ? Map.of() : error.getData();
      return failure(error.getCode(), error.getMessage(), data.get("statusCode"), data.get("RequestId"));
    }
  }

  static Map<String, Object> failure(String code, String message, Object status, Object requestId) {
    Map<String, Object> end = new LinkedHashMap<>();
    end.put("code", code);
    end.put("message", message);
    end.put("status", status);
    end.put("requestId", requestId);
    return end;
  }
}
