/** `npm start`, by itself and with a person before it, and who can reach the server that it starts. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startBehindDoor } from '../try/browser.ts';
import { makeSample } from '../try/sample.ts';
import { root } from '../vscode/places.ts';
import { openWorkbench, themes } from '../vscode/workbench.ts';
import { eventually, until } from '../waiting.ts';
import { changedBox, decode } from './judge.ts';
import { askKey, openPage } from './scene.ts';

const run = promisify(execFile);

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'flux-fill-start-'));
});
after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

test('unattended: a fill in the real workbench, its result, a picture of each step, and the path on the last line', async () => {
  const out = join(home, 'out');
  const { stdout } = await run('npm', ['start', '--', '--unattended', '--out', out], { cwd: root });
  const saved = join(out, 'boats.fill-001.png');
  assert.equal(stdout.trimEnd().split('\n').at(-1), `saved: ${saved}`);
  const pictures = (await readdir(out)).filter((name) => /^\d-.*\.png$/.test(name));
  assert.ok(pictures.length >= 5, pictures.join());
  for (const name of pictures) assert.equal((await decode(join(out, name))).width, 1400);
  const folder = join(home, 'sample');
  await makeSample(folder);
  const box = changedBox(await decode(join(folder, 'boats.jpg')), await decode(saved));
  // The mast, in the upper half, right of the middle.
  assert.ok(box !== null && box.left > 512 && box.right < 680 && box.bottom < 410, JSON.stringify(box));
});

test('what is no option is refused with the usage', async () => {
  for (const args of [['--unattended'], ['--what']]) {
    await assert.rejects(run('npm', ['start', '--', ...args], { cwd: root }), { code: 1, stderr: /Usage: npm start/ });
  }
});

/** Addresses on which these processes and their descendants take TCP connections, as /proc/net/tcp writes them. */
const listeners = async (pid: number): Promise<string[]> => {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = (parent: number): number[] => [
    parent,
    ...pairs.filter(([, ppid]) => ppid === parent).flatMap(([child]) => family(child)),
  ];
  const sockets = new Set<string>();
  for (const member of family(pid)) {
    for (const fd of await readdir(`/proc/${member}/fd`).catch(() => [])) {
      sockets.add(await readlink(`/proc/${member}/fd/${fd}`).catch(() => ''));
    }
  }
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode}]`))
    .map(([, address]) => address);
};

test(
  'the server has no door but ours, and a key is kept behind it',
  { skip: process.platform !== 'linux' },
  async () => {
    const folder = join(home, 'kept');
    const dataFolder = join(home, 'browser');
    await makeSample(folder);
    const server = await startBehindDoor(dataFolder, { 'workbench.colorTheme': themes.dark.id });
    const workbench = await openWorkbench({ folder, server });
    try {
      // The driver's own answer to /mint-key must not stand in for that of the door.
      await workbench.context.unrouteAll();
      assert.deepEqual(await listeners(server.pid), []);
      const ours = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0');
      assert.ok((await listeners(process.pid)).includes(`0100007F:${ours}`));
      const socket = /listening on (.+)\n/.exec(server.printed())![1];
      assert.equal((await stat(dirname(socket))).mode & 0o777, 0o700);
      assert.equal((await stat(join(dataFolder, 'door.json'))).mode & 0o777, 0o600);
      assert.equal((await fetch(new URL('/', server.url))).status, 403);

      await askKey({ workbench });
      await workbench.quickInput('a-key-that-is-kept');
      await until('stored key', async () => (await workbench.notifications()).some((text) => text.includes('is set.')));
      await workbench.reload();
      await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
      await (await openPage({ workbench })).getByText('API key is set.').first().waitFor();
      const stored = await workbench.page.evaluate(() => JSON.stringify(localStorage));
      assert.doesNotMatch(stored, /a-key-that-is-kept/);
    } finally {
      await workbench.close();
    }
    const kept = await readFile(join(dataFolder, 'door.json'), 'utf8');
    const again = await startBehindDoor(dataFolder);
    await again.stop();
    assert.equal(await readFile(join(dataFolder, 'door.json'), 'utf8'), kept);
    assert.notEqual(again.url, server.url);
    assert.equal(new URL(again.url).port, new URL(server.url).port);
  },
);

/** Starts `npm start` as the leader of a group of processes, which is what a terminal sends Ctrl+C to. */
const start = (context: TestContext, env: Record<string, string | undefined>) => {
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, DISPLAY: undefined, WAYLAND_DISPLAY: undefined, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(async () => {
    for (const pid of await group(child.pid!)) process.kill(pid, 'SIGKILL');
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return { pid: child.pid!, printed: () => printed, closed: once(child, 'close') };
};

/** Process ids of a group that still run. */
const group = async (leader: number): Promise<number[]> => {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, pgid, state]) => Number(pgid) === leader && !state.startsWith('Z'))
    .map(([pid]) => Number(pid));
};

test('without a screen it prints an address that opens VS Code, and Ctrl+C ends everything', async (context) => {
  const started = start(context, {});
  let address = '';
  await until('address', async () => {
    address = /http:\/\/127\.0\.0\.1:\d+\/open\/\S+/.exec(started.printed())?.[0] ?? '';
    return address !== '';
  });
  const opened = await fetch(address);
  const cookie = opened.headers.get('set-cookie')!.split(';')[0];
  const page = await (await fetch(new URL('/', address), { headers: { cookie } })).text();
  assert.match(page, /vscode-workbench-web-configuration/);
  process.kill(-started.pid, 'SIGINT');
  await started.closed;
  await until('end of all processes', async () => (await group(started.pid)).length === 0);
  await assert.rejects(fetch(address));
});

test('with a screen and `code` on the path it opens that, and ends what that has left running', async (context) => {
  const code = join(home, 'code');
  await writeFile(
    code,
    `#!/bin/sh
for argument; do
  case $argument in --user-data-dir=*) data=\${argument#*=} ;; esac
done
setsid sleep 600 & echo $! > "$data/code.lock"
printf '%s\\n' "$@" > "${home}/written" && mv "${home}/written" "${home}/arguments"
wait
`,
  );
  await chmod(code, 0o755);
  const started = start(context, { DISPLAY: ':99', PATH: `${home}:${process.env['PATH']}` });
  const written = (): Promise<string> => readFile(join(home, 'arguments'), 'utf8').catch(() => '');
  await until('started code', async () => (await written()) !== '');
  const given = (await written()).trim().split('\n');
  assert.ok(given.includes(`--extensionDevelopmentPath=${root}`));
  await eventually(async () => assert.ok((await readdir(given.at(-1)!)).includes('boats.jpg')));
  const data = given.find((argument) => argument.startsWith('--user-data-dir='))!.split('=')[1];
  const application = Number(await readFile(join(data, 'code.lock'), 'utf8'));
  process.kill(application, 0);
  process.kill(-started.pid, 'SIGINT');
  await started.closed;
  await until('end of the application', async () => {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,stat=']);
    return !stdout.split('\n').some((line) => new RegExp(`^\\s*${application}\\s+[^Z]`).test(line));
  });
});
