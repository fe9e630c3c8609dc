/** Images of the workspace for the tools for agents, and calls as VS Code makes them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import * as vscode from 'vscode';
import { fluxFill } from './activation.test.ts';

export const size = { width: 96, height: 64 };

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

/** 8-bit RGBA of the size above as a PNG. */
const pngOf = (data: Uint8Array): Uint8Array => {
  const header = Buffer.from([0, 0, 0, size.width, 0, 0, 0, size.height, 8, 6, 0, 0, 0]);
  const rows = Array.from({ length: size.height }, (_, y) =>
    Buffer.concat([Buffer.of(0), data.subarray(y * size.width * 4, (y + 1) * size.width * 4)]),
  );
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
};

/** A slope of colours, 8-bit RGBA; `hole`: the first rows are transparent. */
export const slope = (hole = false): Uint8Array => {
  const data = new Uint8Array(size.width * size.height * 4);
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++)
      data.set([x * 2, y * 3, 90, hole && y < 8 ? 0 : 255], (y * size.width + x) * 4);
  return pngOf(data);
};

/** White where the rectangle of the tests is. */
export const marked = (): Uint8Array => {
  const data = new Uint8Array(size.width * size.height * 4).fill(255);
  for (let at = 0; at < size.width * size.height; at++)
    if (at % size.width < 30 || at % size.width >= 54) data.fill(0, at * 4, at * 4 + 3);
  return pngOf(data);
};

export const rectangle = { x: 30, y: 20, width: 24, height: 16 };
const root = (): string => vscode.workspace.workspaceFolders![0].uri.fsPath;

/** A folder of the workspace with an image, one with a hole, and a mask. */
export const inFolder = async (
  body: (folder: string, name: (file: string) => string) => Promise<void>,
): Promise<void> => {
  await fluxFill().activate();
  const folder = await mkdtemp(join(root(), 'agent-'));
  try {
    await writeFile(join(folder, 'a.png'), slope());
    await writeFile(join(folder, 'hole.png'), slope(true));
    await writeFile(join(folder, 'm.png'), marked());
    await body(folder, (file) => join(folder, file));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
};

export const call = (
  tool: string,
  input: object,
  token?: vscode.CancellationToken,
): Thenable<vscode.LanguageModelToolResult> =>
  vscode.lm.invokeTool(tool, { input, toolInvocationToken: undefined }, token);

export interface Told {
  readonly saved: string;
  readonly region: typeof rectangle & { readonly share: number };
  readonly requests: readonly { readonly sent: typeof size; readonly scale: number }[];
  readonly priceInDollars: number;
  readonly costInDollars: number;
  readonly changedSamples: { readonly outsideMask: number; readonly outsideEffectiveMask: number };
  readonly warnings: readonly string[];
}

export const toldBy = ({ content }: vscode.LanguageModelToolResult): Told =>
  JSON.parse((content[0] as vscode.LanguageModelTextPart).value) as Told;

export const refusalOf = (called: Thenable<unknown> | Promise<unknown>): Promise<string> =>
  Promise.resolve(called).then(
    () => 'not refused',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
