import tseslint from 'typescript-eslint';

/** What of a page, a workbench or a folder may be another thing a moment later. */
const looks =
  '/^(allInnerTexts|allTextContents|boundingBox|count|evaluate|getAttribute|innerText|inputValue|isChecked|isDisabled|isEnabled|isVisible|readdir|textContent)$/';
const waits = 'CallExpression[callee.name=/^(eventually|until)$/]';

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.cache/', 'node_modules/', 'test/fixtures/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'suite', 'describe', 'it'] },
          ],
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Handlers of one table are all async, whether or not each of them waits.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-console': 'error',
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['test/**', 'esbuild.js', 'src/cli/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/e2e/**', 'test/page/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: `CallExpression[callee.object.name="assert"]:not(${waits} *) AwaitExpression CallExpression[callee.property.name=${looks}]`,
          message: 'One look fails by chance: say it in `eventually` (test/waiting.ts).',
        },
        {
          selector: 'CallExpression[callee.property.name="waitForTimeout"]',
          message: 'Wait for a state.',
        },
        {
          selector: `TSNonNullExpression:not(${waits} *) > AwaitExpression > CallExpression[callee.property.name="boundingBox"]`,
          message: 'It may still move, or not be there: `boxOf` (test/waiting.ts) waits until it lies still.',
        },
      ],
    },
  },
);
