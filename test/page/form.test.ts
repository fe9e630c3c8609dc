import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { raise } from '../../src/fill/faults.ts';
import { sentences } from '../../src/fill/sentences.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { drag, free, placeOf, shown, withPage, workedOff } from './driving.ts';
import { bfl, firstState, jobView, resultView, openSite, practice } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

suite('page: form', () => {
  test('slider and number agree, steps of one slider undo at once, nonsense is said and not sent', () =>
    open({}, async ({ page, host }) => {
      const steps = page.getByRole('slider', { name: 'Steps' });
      const number = page.getByRole('spinbutton', { name: 'Steps' });
      await number.fill('33');
      await eventually(async () => assert.equal(await steps.inputValue(), '33'));
      await until('the host knows', () => host.parameters.steps === 33);
      await steps.focus();
      await page.keyboard.press('ArrowLeft');
      await eventually(async () => assert.equal(await number.inputValue(), '32'));
      await number.fill('99');
      await eventually(async () => assert.equal(await number.getAttribute('aria-invalid'), 'true'));
      await until('said', async () => (await page.locator('.side').innerText()).includes('from 15 to 50'));
      await number.blur();
      await eventually(async () =>
        assert.equal(await number.inputValue(), '99', 'what was typed stays until it is corrected'),
      );
      await page.keyboard.press('ControlOrMeta+Enter');
      await workedOff(page);
      assert.ok(!host.asked.some(({ name }) => name === 'generate'), 'nothing is spent on another number');
      await number.press('Escape');
      await eventually(async () => assert.equal(await number.inputValue(), '32'));
      await until('only good values came', () => host.parameters.steps === 32);
      await page.getByRole('spinbutton', { name: 'Guidance' }).fill('1.5');
      await until('guidance', () => host.parameters.guidance === 1.5);

      const grow = page.getByRole('slider', { name: 'Grow' });
      await grow.focus();
      for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
      await until('grown', () => host.state.maskSettings.grow === 9);
      await page.locator('.stage').focus();
      await page.keyboard.press('Control+z');
      await until('one step back', () => host.state.maskSettings.grow === 4);
      await eventually(async () => assert.equal(await grow.inputValue(), '4'));
    }));

  test('Generate waits for a mask, says why, and sends every tile before it asks', () =>
    open({ handlers: { generate: () => ({ jobId: 'job1' }) } }, async ({ page, host }) => {
      const generate = page.getByRole('button', { name: /^Generate/ });
      await eventually(async () => assert.equal(await generate.getAttribute('aria-disabled'), 'true'));
      await until('the reason', async () => /Mark the part/.test(await page.locator('.reason').innerText()));
      await page.keyboard.press('Control+Enter');
      await eventually(async () =>
        assert.equal(await page.locator('.unseen[role=status]').innerText(), await page.locator('.reason').innerText()),
      );
      const at = await placeOf(page);
      await drag(page, [at(100, 100), at(900, 700)]);
      await page.getByRole('textbox', { name: 'Prompt' }).fill('a calm sea');
      await free(page);
      await page.keyboard.press('Control+Enter');
      await until('asked', () => host.asked.some(({ name }) => name === 'generate'));
      const names = host.asked.map(({ name }) => name);
      assert.ok(names.lastIndexOf('paint') < names.indexOf('generate'));
      assert.ok(names.lastIndexOf('parameters') < names.indexOf('generate'));
      await eventually(() => assert.deepEqual(host.asked.at(-1)!.value, { revision: host.revision }));
      await eventually(() => assert.equal(host.parameters.prompt, 'a calm sea'));
      await eventually(async () => assert.match(await generate.innerText(), /\$0\.05/));
      assert.equal(names.filter((name) => name === 'generate').length, 1);
    }));

  test('an inverted empty mask is full: warned of, and not refused', () =>
    open({}, async ({ page, host }) => {
      await page.getByRole('checkbox', { name: 'Invert' }).check();
      await until('the host knows', () => host.state.maskSettings.invert);
      await until('warned', () => shown(page, '.full-note'));
      const generate = page.getByRole('button', { name: /^Generate/ });
      await until('not refused', async () => (await generate.getAttribute('aria-disabled')) === null);
      await page.locator('.stage').focus();
      await page.keyboard.press('i');
      await until('back', () => !host.state.maskSettings.invert);
    }));

  test('seed: new each time, typed, kept, used again', () =>
    open({ state: { jobs: [jobView({ state: 'saved', seed: 77, took: 12_000 })] } }, async ({ page, host }) => {
      const seed = page.getByRole('spinbutton', { name: 'Seed' });
      const lock = page.getByRole('button', { name: 'Keep this seed' });
      await eventually(async () => assert.equal(await seed.inputValue(), ''));
      await until('last seed', async () => /77/.test(await page.locator('.seed-hint').innerText()));
      await page.locator('.seed-hint .link').click();
      await until('used again', () => host.parameters.seed === 77);
      await eventually(async () => assert.equal(await lock.getAttribute('aria-pressed'), 'true'));
      await lock.click();
      await until('unlocked', () => host.parameters.seed === null);
      await seed.fill('12');
      await until('typed', () => host.parameters.seed === 12);
      await seed.fill('-3');
      await eventually(async () => assert.equal(await seed.getAttribute('aria-invalid'), 'true'));
      await eventually(() => assert.equal(host.parameters.seed, 12));
    }));

  test('ranges and absent settings come from the service; practice says what it is', () =>
    open({}, async ({ page, host }) => {
      await eventually(async () => assert.ok(!(await shown(page, '.banner'))));
      await page.getByRole('combobox', { name: 'Service', exact: true }).selectOption('practice');
      await until('practice', () => shown(page, '.banner'));
      await eventually(async () =>
        assert.match(await page.locator('.banner').innerText(), /no AI, the prompt is not used, free/),
      );
      await eventually(async () => assert.ok(await page.getByRole('slider', { name: 'Guidance' }).isDisabled()));
      await eventually(async () =>
        assert.match(await page.locator('.side').innerText(), /Practice has no such setting/),
      );
      const short = {
        abilities: { ...bfl, steps: { min: 20, max: 30, step: 1, initial: 25 } },
        hasKey: false,
        place: null,
        problem: null,
      };
      await host.change({
        service: short,
        services: [short, { abilities: practice, hasKey: false, place: null, problem: null }],
      });
      await until(
        'range',
        async () => (await page.getByRole('slider', { name: 'Steps' }).getAttribute('max')) === '30',
      );
      await page.getByRole('button', { name: 'Set API Key…' }).click();
      await until('key is asked for', () => host.asked.at(-1)?.name === 'setKey');
    }));

  test('what a service has not is disabled with its reason; what does not fit is clamped in sight, and comes back', () =>
    open({}, async ({ page, host }) => {
      const service = page.getByRole('combobox', { name: 'Service', exact: true });
      const safety = page.getByRole('slider', { name: 'Safety tolerance' });
      const format = page.getByRole('combobox', { name: 'Ask the service for' });
      await page.locator('summary').click();
      await page.getByRole('spinbutton', { name: 'Safety tolerance' }).fill('0');
      await format.selectOption('webp');
      await until('told', () => host.parameters.resultFormat === 'webp' && host.parameters.safetyTolerance === 0);
      await service.selectOption('fal');
      await page.getByText('fal: no API key yet.').waitFor();
      for (const name of ['Steps', 'Guidance']) {
        const dial = page.locator('.dial', { has: page.getByRole('slider', { name }) });
        await eventually(async () => assert.ok(await page.getByRole('slider', { name }).isDisabled()));
        await eventually(async () => assert.ok(await page.getByRole('spinbutton', { name }).isDisabled()));
        await eventually(async () => assert.equal(await dial.locator('.hint').innerText(), 'fal has no such setting.'));
      }
      await eventually(async () => assert.equal(await safety.getAttribute('min'), '1'));
      await eventually(async () => assert.equal(await safety.inputValue(), '1'));
      await page.getByText('fal takes 1 to 6: 1 is sent instead of 0.').waitFor();
      await eventually(async () => assert.equal(await format.inputValue(), 'png'));
      await page.getByText('fal has no WebP: PNG is asked for instead.').waitFor();
      const webp = format.locator('option[value=webp]');
      await eventually(async () => assert.ok(await webp.evaluate((option) => (option as HTMLOptionElement).disabled)));
      await eventually(async () => assert.equal(await webp.innerText(), 'WebP (fal has none)'));
      await page.getByText('$0.05 for each started megapixel that is sent.').waitFor();
      await page.getByText('fal cancels what still waits in its queue').waitFor();

      await service.selectOption('bfl');
      await until('back', async () => (await safety.inputValue()) === '0' && (await format.inputValue()) === 'webp');
      await eventually(() =>
        assert.equal(host.parameters.safetyTolerance, 0, 'the person’s own value was never changed'),
      );
      await page.getByText('0 is the strictest.').waitFor();
      await page.getByText('Black Forest Labs cannot cancel').waitFor();
    }));

  test('a service that needs a prompt says so before anything is sent', () =>
    open({}, async ({ page }) => {
      const at = await placeOf(page);
      await drag(page, [at(100, 100), at(300, 300)]);
      const generate = page.getByRole('button', { name: /^Generate/ });
      await until('ready', async () => (await generate.getAttribute('aria-disabled')) === null);
      await page.getByRole('combobox', { name: 'Service', exact: true }).selectOption('replicate');
      await until('refused', async () => (await generate.getAttribute('aria-disabled')) === 'true');
      await eventually(async () =>
        assert.equal(await page.locator('.reason').innerText(), 'Replicate needs a prompt.'),
      );
      await page.getByRole('textbox', { name: 'Prompt' }).fill('a calm sea');
      await until('ready', async () => (await generate.getAttribute('aria-disabled')) === null);
    }));

  test('a compatible service without base URL says what to set, with the way to it', () =>
    open({}, async ({ page, host }) => {
      await page.getByRole('combobox', { name: 'Service', exact: true }).selectOption('compatible');
      await page.getByText('No base URL yet.').waitFor();
      await eventually(async () => assert.ok(!(await shown(page, '.key-row'))));
      await page.getByRole('button', { name: 'Open the Setting' }).click();
      await until('asked', () => host.asked.at(-1)?.name === 'openSetting');
    }));

  test('what is wrong with the set-up of a service stands where the key stands otherwise', () =>
    open({}, async ({ page, host }) => {
      const wrong = { abilities: bfl, hasKey: false, place: null, problem: 'The base URL ftp://x cannot be used.' };
      await host.change({
        service: wrong,
        services: [wrong, { abilities: practice, hasKey: false, place: null, problem: null }],
      });
      await page.getByText('The base URL ftp://x cannot be used.').waitFor();
      await eventually(async () => assert.ok(!(await shown(page, '.key-row'))));
      await host.change({ service: { ...wrong, problem: null } });
      await page.getByText('no API key yet.').waitFor();
      await eventually(async () => assert.ok(!(await shown(page, '.service-problem'))));
    }));

  test('alpha: the choice is open where there is some, and transparency is asked about for other masks', () =>
    open({ state: { source: { ...firstState().source, hasAlpha: true } } }, async ({ page, host }) => {
      const choice = page.getByRole('combobox', { name: 'Transparent parts under the mask' });
      await choice.selectOption('opaque');
      await until('told', () => host.state.save.opaque);
      await page.getByRole('button', { name: 'From Alpha' }).click();
      await until('alpha', () => host.state.maskKind === 'alpha');
      await until('not asked', async () => !(await choice.isVisible()));
    }));
});

suite('page: jobs and results', () => {
  const result = resultView({ changedOutsideBase: 3 });

  test('a running job tells the truth, a saved one shows before and after, and Close goes back', () =>
    open({}, async ({ page, host }) => {
      const startedAt = Date.now() - 600_000;
      await host.change({ jobs: [jobView({ startedAt })] });
      await until('shown', () => shown(page, '.job'));
      const cancel = page.locator('.job').getByRole('button', { name: 'Cancel' });
      await eventually(async () =>
        assert.match((await cancel.getAttribute('title')) ?? '', /cannot cancel: the job may be billed.*it is kept/),
      );
      await eventually(async () => assert.doesNotMatch(await page.locator('.job').innerText(), /billed/));
      await eventually(async () => assert.match(await page.locator('.job-time').innerText(), /^10:\d\d$/));
      await cancel.click();
      await until('asked', () => host.asked.at(-1)?.name === 'cancel');
      await host.change({ jobs: [jobView({ cancelRequested: true, progress: 40 })] });
      await until('noted', async () => /Cancel was asked for/.test(await page.locator('.job').innerText()));
      await eventually(async () => assert.equal(await page.locator('.job-progress').getAttribute('value'), '40'));

      const size = await boxOf(page.locator('canvas.overlay'));
      await host.change({ jobs: [jobView({ state: 'saved', took: 12_000, cost: 0.05, seed: 5, result })] });
      await until('compared', () => shown(page, '.result-layer .picture'));
      await eventually(async () =>
        assert.deepEqual(await boxOf(page.locator('canvas.overlay')), size, 'nothing moves'),
      );
      await eventually(async () =>
        assert.match(await page.locator('.result-bar').innerText(), /0 samples changed outside the mask/),
      );
      const clip = () => page.locator('.result-layer').evaluate((layer) => (layer as HTMLElement).style.clipPath);
      const slider = page.getByRole('slider', { name: /Before and after/ });
      await slider.focus();
      await page.keyboard.press('Home');
      await eventually(async () => assert.match(await clip(), / 0%\)$/));
      await page.keyboard.press('End');
      await eventually(async () => assert.match(await clip(), / 100%\)$/));
      await page.keyboard.press('Home');
      await page.keyboard.down('o');
      await eventually(async () => assert.match(await clip(), / 100%\)$/));
      await page.keyboard.up('o');
      await eventually(async () => assert.match(await clip(), / 0%\)$/));
      for (const [name, action] of [
        ['Open', 'open'],
        ['Reveal', 'reveal'],
        ['Use as New Source', 'useAsSource'],
      ]) {
        await page.getByRole('button', { name, exact: true }).click();
        await until(action, () => (host.asked.at(-1)?.value as { action?: string }).action === action);
      }
      await page.getByRole('button', { name: 'Close' }).click();
      await until('closed', async () => (await shown(page, '.toolbar')) && !(await shown(page, '.result-bar')));
      await page.locator('.job').getByRole('button', { name: 'Compare' }).click();
      await until('open again', () => shown(page, '.result-bar'));
      await page.keyboard.press('Escape');
      await until('closed by key', () => shown(page, '.toolbar'));
    }));

  test('changed samples are a warning; faults show the log and, where it is the key, the way to set it', () =>
    open({}, async ({ page, host }) => {
      await host.change({
        jobs: [
          jobView({ state: 'saved', result: { ...result, changedOutsideEffective: 1234 }, took: 12_000 }),
          jobView({ id: 'job2', state: 'failed', fault: { code: 'key.refused', sentence: 'The key was refused.' } }),
        ],
      });
      await until('two jobs', async () => (await page.locator('.job').count()) === 2);
      await eventually(async () =>
        assert.ok(!(await shown(page, '.result-bar')), 'a job that had ended before is not opened by itself'),
      );
      await page.getByRole('button', { name: 'Compare' }).click();
      await until('warned', async () => /1,234 samples changed/.test(await page.locator('.result-bar').innerText()));
      const failed = page.locator('.job').nth(1);
      await eventually(async () => assert.match(await failed.innerText(), /The key was refused/));
      await failed.getByRole('button', { name: 'Show Log' }).click();
      await until('log', () => host.asked.at(-1)?.name === 'showLog');
      await failed.getByRole('button', { name: 'Set API Key…' }).click();
      await until('key', () => host.asked.at(-1)?.name === 'nextStep');
      await eventually(() => assert.deepEqual(host.asked.at(-1)!.value, { step: 'key' }));
    }));

  test('a fault that a setting mends offers it; one whose sentence says all offers nothing', () =>
    open(
      { handlers: { generate: () => raise('money.limit', { limit: '$1', spent: '$1', price: '$1' }) } },
      async (at) => {
        const { page, host } = at;
        const place = await placeOf(page);
        await drag(page, [place(100, 100), place(300, 300)]);
        await free(page);
        await page.keyboard.press('Control+Enter');
        await page.locator('.notice.error').getByRole('button', { name: 'Change the Daily Limit' }).click();
        await until('step', () => host.asked.at(-1)?.name === 'nextStep');
        await eventually(() => assert.deepEqual(host.asked.at(-1)!.value, { step: 'limit' }));
        await eventually(async () => assert.deepEqual(await violations(page), []));
      },
    ));

  test('a message whose cause is gone goes, too, and no other', () => {
    const handlers = {
      saveMask: () => raise('mask.empty'),
      generate: () => raise('key.missing', { origin: 'https://example.org' }),
    };
    return open({ handlers }, async ({ page, host }) => {
      const notice = (text: string): Locator => page.locator('.notice', { hasText: text });
      await host.tell('notice', { level: 'error', sentence: 'This one stays.' });
      await page.getByRole('button', { name: 'Save Mask As' }).click();
      await notice(sentences['mask.empty']).waitFor();
      const at = await placeOf(page);
      await drag(page, [at(100, 100), at(300, 300)]);
      await notice(sentences['mask.empty']).waitFor({ state: 'detached' });
      await free(page);
      await page.keyboard.press('Control+Enter');
      // The host knows of the key before its state is told.
      await notice(sentences['key.missing']).waitFor();
      const { service } = host.state;
      await host.change({ service: { ...service, hasKey: false } });
      await page.getByText('no API key yet').first().waitFor();
      await notice(sentences['key.missing']).waitFor();
      await host.change({ service });
      await notice(sentences['key.missing']).waitFor({ state: 'detached' });
      await notice('This one stays.').waitFor();
    });
  });

  test('a fault of the host becomes a message that can be dismissed, and the page goes on', () =>
    open({ handlers: { generate: () => raise('mask.stale') } }, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(100, 100), at(300, 300)]);
      await free(page);
      await page.keyboard.press('Control+Enter');
      await until('said', () => shown(page, '.notice.error'));
      await eventually(async () => assert.match(await page.locator('.notice').innerText(), /Press Generate again/));
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await eventually(async () => assert.equal(await page.locator('.notice').count(), 0));
      const paints = host.paints.length;
      await drag(page, [at(500, 100), at(600, 300)]);
      await until('painting goes on', () => host.paints.length > paints);
    }));
});
