import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { KEY_VARIABLES } from './shell-script.ts'
import { textLiteral, utf16Escape } from './text-literal.ts'

/** ASCII only: which encoding a compiler takes a file for depends on the machine. Controls are octal, since Java reads `\u000a` as the end of the line. */
const literal = (text: string) => textLiteral(text, { quote: '"', escaped, also: /[^\x20-\x7e]/ })
const escaped = (char: string) =>
  char < ' ' ? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}` : utf16Escape(char)

export const javaSample: Template = {
  title: 'Java',
  file: 'Sample.java',
  write: (
    request,
  ) => `// Once, in a project with the dependency com.aliyun:tea-openapi:0.3.15: mvn dependency:copy-dependencies -DoutputDirectory=jars
// Then: java -cp "jars/*" Sample.java, with ${KEY_VARIABLES} set.
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import com.google.gson.GsonBuilder;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

public class Sample {
  static Map<?, ?> call(Client client, String action, Map<String, Object> body) throws Exception {
    Params params = new Params()
        .setAction(action)
        .setVersion(${literal(request.version)})
        .setProtocol(${literal(request.scheme)})
        .setPathname("/")
        .setMethod("POST")
        .setAuthType("AK")
        .setStyle("RPC")
        .setReqBodyType("formData")
        .setBodyType("json");
    RuntimeOptions runtime = new RuntimeOptions().setConnectTimeout(10000).setReadTimeout(40000);
    return (Map<?, ?>) client.callApi(params, new OpenApiRequest().setBody(body), runtime).get("body");
  }

  static void show(Map<?, ?> answer) throws Exception {
    String text = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(answer);
    new PrintStream(System.out, true, "UTF-8").println(text);
  }

  public static void main(String[] args) throws Exception {
    Client client = new Client(new Config()
        .setEndpoint(${literal(request.host)})
        .setProtocol(${literal(request.scheme)})
        .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))
        .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
        .setSecurityToken(System.getenv("ALIBABA_CLOUD_SECURITY_TOKEN")));
    try {
${steps(request)}    } catch (TeaException error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }
}
`,
}

function steps({ action, parameters, wait }: SampleRequest): string {
  const lines = parameters.map(([name, value]) => `      body.put(${literal(name)}, ${literal(value)});\n`)
  const create = `      Map<String, Object> body = new LinkedHashMap<>();
${lines.join('')}      Map<?, ?> answer = call(client, ${literal(action)}, body);
      show(answer);
`
  if (wait === undefined) return create
  return `${create}      Map<String, Object> read = new LinkedHashMap<>();
      read.put("TaskId", new BigDecimal(String.valueOf(answer.get("TaskId"))).toPlainString());
      read.put("WaitSeconds", "${wait.seconds}");
      for (int round = 0; round < ${wait.rounds}; round++) {
        answer = call(client, "${READ_TASK}", read);
        if (!"Task.NotFinished".equals(answer.get("ErrCode"))) break;
      }
      show(answer);
`
}
