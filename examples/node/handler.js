import { createServer } from "node:http";
import { ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const identity = new ManagedIdentityCredential({ clientId: process.env.KEYVAULT__clientId });
const vault = new SecretClient(process.env.KEYVAULT__vaultUri, identity);

createServer(async (request, response) => {
  const { value } = await vault.getSecret("greeting");
  if (request.url === "/tick") {
    console.log("the timer says:", value);
    response.setHeader("content-type", "application/json").end("{}");
  } else {
    response.end(value + "\n");
  }
}).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
