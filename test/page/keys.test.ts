import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { countSet } from '../../src/mask/measure.ts';
import { keyName, keys } from '../../src/page/keys.ts';
import { writtenStroke } from '../../src/page/strokes.ts';
import { tools } from '../../src/page/canvas/tools.ts';
import { pageActs, toolActs } from '../../src/protocol/messages.ts';
import { texts, type TextKey } from '../../src/protocol/texts.ts';
import { eventually, until } from '../waiting.ts';
import { free, quiet, shown, withPage } from './driving.ts';
import { jobView, resultView, openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const result = resultView();
const jobs = [jobView({ state: 'saved', took: 12_000, result })];

const pressed = (page: Page, name: string): Promise<string | null> =>
  page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed');

const english = (key: TextKey): string => texts[key];

suite('keys', () => {
  test('no stroke means two things at a time', () => {
    for (const [at, key] of keys.entries())
      for (const other of keys.slice(at + 1)) {
        const apart = new Set([key.when, other.when]);
        if (apart.size === 2 && apart.has('painting') && apart.has('comparing')) continue;
        if (apart.size === 2 && apart.has('typing') && !apart.has('anywhere')) continue;
        const both = key.strokes.filter((stroke) => other.strokes.includes(stroke));
        assert.deepEqual(both, [], `${key.id} and ${other.id}`);
      }
    assert.equal(new Set(keys.map(({ id }) => id)).size, keys.length);
  });

  test('every command of the editor has its key, and every tool', () => {
    assert.deepEqual(
      [...toolActs],
      tools.map(({ id }) => id),
    );
    for (const act of [...pageActs, ...toolActs])
      assert.ok(
        keys.some(({ id }) => id === act),
        act,
      );
  });

  test('are written as on a keyboard', () => {
    assert.equal(writtenStroke('mod shift z', english), 'Ctrl+Shift+Z');
    assert.equal(writtenStroke('[', english), '[');
    assert.equal(keyName('clear', english), 'Del');
  });
});

suite('page: keys', () => {
  test('every key of the table stands in the sheet, which keeps the keyboard until Escape and then gives it back', () =>
    open({}, async ({ page }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('?');
      const sheet = page.getByRole('dialog', { name: 'Keys' });
      await sheet.waitFor();
      const text = await sheet.innerText();
      for (const key of keys) {
        assert.ok(text.includes(texts[key.text]), key.id);
        for (const stroke of key.strokes) assert.ok(text.includes(writtenStroke(stroke, english)), stroke);
      }
      for (let step = 0; step < 5; step++) {
        await eventually(async () =>
          assert.ok(await page.evaluate(() => document.activeElement?.closest('dialog') !== null), `Tab ${step}`),
        );
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('e');
      await page.keyboard.press('Escape');
      await until('closed', async () => !(await sheet.isVisible()));
      await eventually(async () => assert.equal(await pressed(page, 'Brush'), 'true', 'no tool was chosen meanwhile'));
      await eventually(async () =>
        assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('stage'))),
      );
      await page.getByRole('button', { name: 'Keys of this page' }).click();
      await page.getByRole('button', { name: 'Close the keys' }).click();
      await until('closed by its button', async () => !(await sheet.isVisible()));
    }));

  test('the sheet is scrolled by the keyboard from the start, down to the last key', () =>
    open({ height: 500 }, async ({ page }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('End');
      const list = page.locator('.key-groups');
      await until('the end of the list', () =>
        list.evaluate(
          ({ scrollTop, scrollHeight, clientHeight }) => scrollTop > 0 && scrollTop + clientHeight > scrollHeight - 2,
        ),
      );
    }));

  test('Escape leads out of a field to the image, where the keys of a result work; what is typed stays', () =>
    open({ state: { jobs } }, async ({ page }) => {
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.locator('.result-bar').waitFor();
      const prompt = page.getByRole('textbox', { name: 'Prompt' });
      await prompt.fill('a bench');
      await prompt.press('Escape');
      await until('the image has the keyboard', () =>
        page.evaluate(() => document.activeElement?.classList.contains('stage') === true),
      );
      await page.locator('.result-bar').waitFor();
      await page.keyboard.press('d');
      await eventually(async () => assert.equal(await pressed(page, 'Difference'), 'true'));
      await eventually(async () => assert.equal(await prompt.inputValue(), 'a bench'));
    }));

  test('X swaps brush and eraser; a sign that needs AltGr or Shift is still that sign; typing is left alone', () =>
    open({}, async ({ page }) => {
      await page.keyboard.press('x');
      await eventually(async () => assert.equal(await pressed(page, 'Eraser'), 'true'));
      await page.keyboard.press('x');
      await eventually(async () => assert.equal(await pressed(page, 'Brush'), 'true'));
      const size = page.getByRole('spinbutton', { name: 'Brush size' });
      const before = Number(await size.inputValue());
      for (const [key, init] of [
        [']', { ctrlKey: true, altKey: true }],
        [']', { altKey: true }],
        [']', { shiftKey: true }],
      ] as const)
        await page.evaluate(([name, how]) => dispatchEvent(new KeyboardEvent('keydown', { key: name, ...how })), [
          key,
          init,
        ] as const);
      await until('larger thrice', async () => Number(await size.inputValue()) > before * 1.4);
      const prompt = page.getByRole('textbox', { name: 'Prompt' });
      await prompt.focus();
      await page.keyboard.type('exit? [0]');
      await eventually(async () => assert.equal(await prompt.inputValue(), 'exit? [0]'));
      await eventually(async () => assert.equal(await pressed(page, 'Brush'), 'true'));
    }));

  test('on a keyboard without Latin letters, keys are those that lie there', () =>
    open({}, async ({ page, host }) => {
      const size = page.getByRole('spinbutton', { name: 'Brush size' });
      const before = Number(await size.inputValue());
      const press = (key: string, code: string, how = {}): Promise<boolean> =>
        page.evaluate(
          ([init]) =>
            document
              .querySelector('.stage')!
              .dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })),
          [{ key, code, ...how }],
        );
      await press('ъ', 'BracketRight');
      await until('larger', async () => Number(await size.inputValue()) > before);
      await page.keyboard.press('Enter');
      await until('painted', () => countSet(host.mask) > 0);
      await press('я', 'KeyZ', { ctrlKey: true });
      await until('taken back', () => countSet(host.mask) === 0);
      await press('у', 'KeyE');
      await eventually(async () => assert.equal(await pressed(page, 'Eraser'), 'true'));
    }));

  test('commands of the editor do what the keys do, and say when it is not the time', () =>
    open({ state: { jobs } }, async ({ page, host }) => {
      const run = (act: (typeof pageActs)[number] | (typeof toolActs)[number]) => host.tell('run', { act });
      await page.locator('.stage').focus();
      await page.keyboard.press('Enter');
      await until('painted', () => countSet(host.mask) > 0);
      await quiet(page, host);
      await run('undo');
      await until('undone', () => countSet(host.mask) === 0);
      await run('redo');
      await until('redone', () => countSet(host.mask) > 0);
      await run('invert');
      await until('inverted', () => host.state.maskSettings.invert);
      await run('clear');
      await until('cleared', () => countSet(host.mask) === 0);
      await run('eraser');
      await until('chosen', async () => (await pressed(page, 'Eraser')) === 'true');
      await run('actual');
      await until('at 100 %', async () => (await page.locator('.status .zoom').innerText()) === '100 %');
      await run('fit');
      await until('fitted', async () => (await page.locator('.status .zoom').innerText()) !== '100 %');
      await run('compare');
      await until('compared', () => shown(page, '.result-bar'));
      await run('clear');
      await until('said', async () =>
        /while a result is compared/.test(await page.locator('.unseen[role=status]').innerText()),
      );
      await run('compare');
      await until('back', () => shown(page, '.toolbar'));
      await page.locator('.stage').focus();
      await run('brush');
      await page.keyboard.press('Enter');
      await quiet(page, host);
      await free(page);
      await run('generate');
      await until('asked', () => host.asked.some(({ name }) => name === 'generate'));
    }));

  test('the whole job by keyboard alone: mark, prompt, Generate, compare in every way, close', () =>
    open({ handlers: { generate: () => ({ jobId: 'job0000001' }) } }, async ({ page, host }) => {
      const { keyboard } = page;
      await eventually(async () =>
        assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('stage')), 'begun on the stage'),
      );
      for (let step = 0; step < 4; step++) await keyboard.press('Shift+ArrowRight');
      await keyboard.press(']');
      for (let step = 0; step < 4; step++) await keyboard.press('Shift+ArrowDown');
      await until('marked', () => countSet(host.mask) > 1000);
      const onPrompt = () => page.evaluate(() => document.activeElement instanceof HTMLTextAreaElement);
      for (let step = 0; step < 60 && !(await onPrompt()); step++) await keyboard.press('Tab');
      await eventually(async () => assert.ok(await onPrompt(), 'the prompt is reached by Tab'));
      await keyboard.type('a red boat');
      await free(page);
      await keyboard.press('Control+Enter');
      await until('asked', () => host.asked.some(({ name }) => name === 'generate'));
      await eventually(() => assert.equal(host.parameters.prompt, 'a red boat'));
      await host.change({ jobs: [jobView({})] });
      await until('running', () => shown(page, '.job'));
      await host.change({ jobs });
      await until('compared', () => shown(page, '.result-layer .picture'));
      const hasBar = () => page.evaluate(() => document.activeElement?.closest('.compare, .result-bar') !== null);
      for (let step = 0; step < 60 && !(await hasBar()); step++) await keyboard.press('Shift+Tab');
      await eventually(async () => assert.ok(await hasBar(), 'the result is reached by Tab'));
      for (const [key, name] of [
        ['b', 'Blink'],
        ['d', 'Difference'],
        ['y', 'Side by Side'],
        ['s', 'Slider'],
      ]) {
        await keyboard.press(key);
        await until(name, async () => (await pressed(page, name)) === 'true');
      }
      await keyboard.press('Escape');
      await until('back', () => shown(page, '.toolbar'));
      await eventually(async () =>
        assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('stage'))),
      );
    }));

  test('undo and redo work although VS Code prevents their keys before the page hears of them', () =>
    open({}, async ({ page, host }) => {
      await page.evaluate(() =>
        addEventListener('keydown', (event) => event.ctrlKey && event.preventDefault(), { capture: true }),
      );
      await page.locator('.stage').focus();
      await page.keyboard.press('Enter');
      await until('a dot', () => countSet(host.mask) > 0);
      await page.keyboard.press('Control+z');
      await until('undone', () => countSet(host.mask) === 0);
      await page.keyboard.press('Control+Shift+z');
      await until('redone', () => countSet(host.mask) > 0);
    }));
});
