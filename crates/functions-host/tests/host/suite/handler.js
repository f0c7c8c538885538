// The suite's handler for Node: one HTTP function `app` (`app/{*path}`) and one timer `tick`, in all three forms of a call.
'use strict';
const http = require('node:http');

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };

// The app itself: it knows nothing of the form of the call.
function answer(method, path, query, headers, body) {
  const [head, ...parts] = path.split('/');
  const rest = parts.join('/');
  switch (head) {
    case 'hello': return [200, TEXT, 'hello'];
    case 'echo': return [200, TEXT, body];
    case 'upper': return [200, TEXT, body.toUpperCase()];
    case 'sum': return [200, TEXT, String(JSON.parse(body).numbers.reduce((sum, one) => sum + one, 0))];
    case 'method': return [200, TEXT, method];
    case 'query': return [200, TEXT, query.name ?? '(none)'];
    case 'header': return [200, TEXT, headers['x-probe'] ?? '(none)'];
    case 'path': return [200, TEXT, rest];
    case 'status': return [Number(rest), TEXT, `status ${rest}`];
    case 'json': return [200, { 'Content-Type': 'application/json; charset=utf-8' }, '{"a":1,"b":"é"}'];
    case 'reply': return [200, { ...TEXT, 'X-Reply': rest }, 'replied'];
    case 'redirect': return [302, { ...TEXT, Location: '/api/app/hello' }, 'moved'];
    case 'empty': return [200, TEXT, ''];
    case 'large': return [200, TEXT, 'x'.repeat(Number(rest))];
    default: return [404, TEXT, 'no such path'];
  }
}

function sendJson(response, document) {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(document));
}

http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') {
    response.end();
  } else if (url.pathname === '/tick') {
    if (typeof JSON.parse(body).Data.timer.IsPastDue !== 'boolean') throw new Error('no timer');
    sendJson(response, { Logs: ['ticked'] });
  } else if (url.pathname === '/app') {
    const call = JSON.parse(body).Data.req;
    const headers = Object.fromEntries(Object.entries(call.Headers).map(([name, lines]) => [name.toLowerCase(), lines.join(', ')]));
    const [statusCode, sent, text] = answer(call.Method, call.Params.path ?? '', call.Query, headers, call.Body ?? '');
    sendJson(response, { Outputs: { res: { statusCode, headers: sent, body: text } } });
  } else {
    const path = decodeURIComponent(url.pathname.replace(/^\/api\/app\/?/, ''));
    const [status, sent, text] = answer(request.method, path, Object.fromEntries(url.searchParams), request.headers, body);
    response.writeHead(status, sent);
    response.end(text);
  }
}).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
