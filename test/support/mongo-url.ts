/** MongoDB's URLs name several hosts, which the URL class does not take. */

const PARTS = /^(mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?)([^/?]+)\/?[^?]*(\?.*)?$/;

/** The same server, another database; `host` in place of its hosts, spoken to alone. The options stay: `authSource`, `tls`. */
export function databaseAt(server: string, name: string, host?: string): string {
  const found = PARTS.exec(server);
  if (!found) throw new Error(`${server}: is no mongodb:// URL`);
  const [, scheme = '', hosts = '', options = ''] = found;
  if (host === undefined) return `${scheme}${hosts}/${name}${options}`;
  const params = new URLSearchParams(options);
  params.delete('replicaSet');
  params.set('directConnection', 'true');
  return `${scheme}${host}/${name}?${params.toString()}`;
}

/** The first host, as `host:port`. */
export function firstHost(server: string): { hostname: string; port: number } {
  const [hostname = '', port = '27017'] = (PARTS.exec(server)?.[2] ?? '').split(',')[0]!.split(':');
  return { hostname, port: Number(port) };
}
