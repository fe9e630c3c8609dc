/** A private certificate authority, as a company has one, made anew for a test by openssl and gone with it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Authority {
  /** A PEM file with the certificate of the authority. */
  readonly file: string;
  /** A key and a certificate of the authority for the names, as node:https takes them. */
  readonly issued: { readonly key: Buffer; readonly cert: Buffer };
}

/** `names` are DNS names. The folder with everything is removed by the disposal. */
export const makeAuthority = async (names: readonly string[]): Promise<Authority & AsyncDisposable> => {
  const folder = await mkdtemp(join(tmpdir(), 'flux-fill-authority-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const own = ['-subj', '/CN=Test Authority', '-addext', 'basicConstraints=critical,CA:TRUE'];
  await openssl('req', '-x509', ...newKey, '-days', '2', ...own, '-keyout', 'ca.key', '-out', 'ca.pem');
  await openssl('req', ...newKey, '-subj', `/CN=${names[0]}`, '-keyout', 'server.key', '-out', 'server.csr');
  await writeFile(at('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join()}\n`);
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem');
  return {
    file: at('ca.pem'),
    issued: { key: await readFile(at('server.key')), cert: await readFile(at('server.pem')) },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
