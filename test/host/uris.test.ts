import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { editorAddress } from '../../src/host/uris.ts';
import { test } from './suite.ts';

test('the window of the editor knows a file by the name of its machine, and other file systems by their own', () => {
  const view = vscode.window.createWebviewPanel('flux-fill-test', 'test', vscode.ViewColumn.Active);
  try {
    const file = vscode.Uri.file(join(tmpdir(), 'a b (1).png'));
    const address = vscode.Uri.parse(editorAddress(view.webview, file));
    assert.equal(address.path, file.path);
    // The suite runs on a desktop, or in a server whose machine has an address with a port.
    if (vscode.env.remoteName === undefined) assert.equal(address.toString(), file.toString());
    else assert.match(address.toString(), /^vscode-remote:\/\/[\w.]+(?::\d+)?\//);
    const virtual = vscode.Uri.parse('flux-fill-memory:/pictures/a.png');
    assert.equal(editorAddress(view.webview, virtual), virtual.toString());
  } finally {
    view.dispose();
  }
});
