/** VS Code for a person in their own browser: the one from the npm registry, behind the door. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../vscode/places.ts';
import { startServer, type Server } from '../vscode/server.ts';
import { openDoor } from './door.ts';

/** What the quiet settings of tests take from a person. */
const forPersons = { 'workbench.hover.delay': 500, 'explorer.autoReveal': true };

/**
 * Starts the server on a socket in a folder that only this person may enter, and the door before it. `url` opens it.
 * Port and mint key live as long as the folder: the browser keeps stored secrets for this address, sealed with that key.
 */
export async function startBehindDoor(
  dataFolder: string,
  userSettings: Readonly<Record<string, unknown>> = {},
): Promise<Server> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const socketFolder = await mkdtemp(join(tmpdir(), 'flux-fill-'));
  const socketPath =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\flux-fill-${randomBytes(16).toString('hex')}`
      : join(socketFolder, 's');
  const removeSocket = (): Promise<void> => rm(socketFolder, { recursive: true, force: true });
  try {
    const server = await startServer({
      dataFolder,
      keepSettings: true,
      socketPath,
      extension: root,
      userSettings: { ...forPersons, ...userSettings },
    });
    const kept = await keptBy(dataFolder);
    const door = await openDoor({ ...kept, socketPath });
    await keep(dataFolder, { ...kept, port: door.port });
    const stop = async (): Promise<void> => {
      await door.close();
      await server.stop();
      await removeSocket();
    };
    return { ...server, url: door.address, stop };
  } catch (error) {
    await removeSocket();
    throw error;
  }
}

interface Kept {
  readonly port: number;
  readonly mintKey: Buffer;
}

const file = (dataFolder: string): string => join(dataFolder, 'door.json');

async function keptBy(dataFolder: string): Promise<Kept> {
  const text = await readFile(file(dataFolder), 'utf8').catch(() => undefined);
  if (text === undefined) return { port: 0, mintKey: randomBytes(32) };
  const { port, mintKey } = JSON.parse(text) as { port: number; mintKey: string };
  return { port, mintKey: Buffer.from(mintKey, 'base64') };
}

async function keep(dataFolder: string, { port, mintKey }: Kept): Promise<void> {
  const text = JSON.stringify({ port, mintKey: mintKey.toString('base64') });
  await writeFile(file(dataFolder), text, { mode: 0o600 });
}
