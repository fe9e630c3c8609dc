#!/usr/bin/env node
import { exits } from './exit.ts';
import { main } from './main.ts';
import { outliveReaders } from './report.ts';

outliveReaders(() => (process.exitCode = exits.internal));
const code = await main(process.argv.slice(2), new URL('./', import.meta.url));
if (code !== exits.done) process.exitCode = code;
