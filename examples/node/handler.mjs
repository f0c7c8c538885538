import http from 'node:http';
import { ManagedIdentityCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';

const identity = new ManagedIdentityCredential({ clientId: process.env.KEYVAULT__clientId });
const vault = new SecretClient(process.env.KEYVAULT__vaultUri, identity);

async function answer(request) {
  if (request.method === 'POST') return ['application/json', '{"Logs":["ticked"]}'];
  if (request.url !== '/api/hello') return ['text/plain', 'ready\n'];
  const secret = await vault.getSecret('orders-subscription-key');
  return ['text/plain', `hello, the secret has ${secret.value.length} characters\n`];
}

http
  .createServer(async (request, response) => {
    request.resume();
    try {
      const [type, body] = await answer(request);
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  })
  .listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
