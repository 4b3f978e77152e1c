// A real OpenID Connect provider on loopback, in a process of its own: `rotate` gives it new keys, `drop` has it answer nothing.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const AUDIENCE = 'https://taxii.example.org';
const client = (client_id, more = {}) => ({
  client_id,
  client_secret: `secret of ${client_id}`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  ...more,
});

const server = createServer();
let handle = () => undefined;
let silent = false;
server.on('request', (request, response) => {
  if (silent) response.socket.destroy();
  else handle(request, response);
});

function renew(issuer) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
  const provider = new Provider(issuer, {
    clients: [client('soc-1'), client('stranger')],
    jwks: { keys: [jwk] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['taxii', 'other'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: (_context, audience) => ({
          audience,
          scope: 'taxii other',
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  handle = provider.callback();
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  renew(issuer);
  process.on('message', (order) => {
    silent = order === 'drop';
    if (order === 'rotate') renew(issuer);
    process.send(order);
  });
  process.send({ issuer });
});
process.on('disconnect', () => process.exit(0));
