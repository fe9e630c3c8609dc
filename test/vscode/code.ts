#!/usr/bin/env node
/**
 * Stands in for the `code` executable in @vscode/test-electron's runTests: understands --extensionDevelopmentPath=,
 * --extensionTestsPath= and a folder, runs the suite in the extension host of the VS Code from the npm registry, prints
 * what the suite prints, and exits with its code. FLUX_FILL_VSCODE names the release: newest (default) or lowest.
 */
import { startServer } from './server.ts';
import { openBrowser } from './workbench.ts';

const minutes = 20;

const value = (name: string): string => {
  const found = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  if (found === undefined) throw new Error(`--${name}= is missing`);
  return found.slice(name.length + 3);
};
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
if (folder === undefined) throw new Error('A folder to open is missing');

const server = await startServer({
  release: process.env['FLUX_FILL_VSCODE'] === 'lowest' ? 'lowest' : 'newest',
  development: true,
});
const { context, closeBrowser } = await openBrowser();
try {
  const page = await context.newPage();
  process.exitCode = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The suite did not end within ${minutes} minutes`)),
      minutes * 60_000,
    );
    const start = async (): Promise<void> => {
      await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
        console.log(...(type === 'error' ? ['error:', ...args] : args));
      });
      await page.exposeFunction('codeAutomationExit', (code: number) => {
        clearTimeout(timer);
        resolve(code);
      });
      page.on('crash', () => reject(new Error('The page of the workbench crashed')));
      const payload = ['extensionDevelopmentPath', 'extensionTestsPath'].map((name) => [
        name,
        `vscode-remote://remote${value(name)}`,
      ]);
      await page.goto(
        `${server.url}?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
      );
    };
    start().catch(reject);
  });
} finally {
  await closeBrowser();
  await server.stop();
}
