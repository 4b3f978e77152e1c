/** What URLs in answers begin with. Some clients (cytaxii2) cannot resolve relative ones, so that these are the last resort. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Config } from '../config';
import { networksOf } from './sign-in/networks';

/** What a proxy leaves behind: who asks is then somewhere else, whatever the addresses say. */
const PROXIED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * The configured origin; or on a loopback connection, where plain HTTP never leaves the machine (T-008), the address
 * that the client used, if it is this server's; or nothing: the URL is relative (T-244, T-248). A name that anybody
 * could have written into the Host header is never repeated.
 *
 * @returns an origin without a slash at its end, or the empty text.
 */
export function baseUrl(
  { publicUrl, behindProxy }: Pick<Config, 'publicUrl' | 'behindProxy'>,
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
): string {
  if (publicUrl !== undefined) return publicUrl;
  if (behindProxy || PROXIED.some((name) => name in headers)) return '';
  if (!networksOf(socket.localAddress).loopback) return '';
  const said = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i.exec(headers.host ?? '');
  if (!said || Number(said[2] ?? (socket instanceof TLSSocket ? 443 : 80)) !== socket.localPort) return '';
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  return `${scheme}://${said[0].toLowerCase()}`;
}
