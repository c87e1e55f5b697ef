/** Below the list of commands. What is here is parsed and compared with the code by a test. */
export const HOW_TO_BEGIN = `How to begin, all on one machine:
  postern server --data ./postern-data

In a second terminal:
  export POSTERN_ENDPOINT=http://127.0.0.1:7070
  postern gateway token --key-file postern-data/root-access-key.json > token.txt
  postern gateway enroll --server http://127.0.0.1:7070 --data ./gateway-data --token-file token.txt
  postern gateway check --config gateway.yaml
  postern gateway run --data ./gateway-data --config gateway.yaml

In a third, with the id that the list shows:
  export POSTERN_ENDPOINT=http://127.0.0.1:7070
  postern gateway list --key-file postern-data/root-access-key.json
  postern databases --gateway 482910573846251 --engine MySQL --host db1.example.net --key-file postern-data/root-access-key.json

gateway.yaml says which databases the gateway may dial:
  endpoints:
    - { engine: MySQL, host: db1.example.net, user: postern, passwordFile: db1.password }
`

export const SURROUNDINGS = `Exit codes:
  0  done
  1  it failed, or a check found something that is not as it should be
  2  wrong usage or configuration; nothing was done
  3  no connection to the server

Environment variables:
  POSTERN_ENDPOINT                 address of the server, where --endpoint is not given
  ALIBABA_CLOUD_ACCESS_KEY_ID      id of the AccessKey, where --key-file is not given
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  its secret
  ALIBABA_CLOUD_SECURITY_TOKEN     its token, of a temporary key (postern session)
  POSTERN_ENROLLMENT_TOKEN         token for \`postern gateway enroll\`, where --token-file is not given
  POSTERN_STORE                    URL of the database of \`postern server\`, where --store-file is not given
  POSTERN_BUS                      URL of the bus of \`postern server\`, where --bus-file is not given
  POSTERN_SERVER_FINGERPRINT       of the server's key, where --server-fingerprint is not given
  HTTPS_PROXY                      proxy to a server with https://, for gateways and client commands
  HTTP_PROXY                       proxy to a server with http://, for client commands
  NO_PROXY                         what is dialled directly: names, addresses and ranges, with commas between

Every command has a page of its own: postern COMMAND --help`
