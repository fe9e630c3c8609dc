/** A file system in memory, as an extension of a forge or a cloud store registers one. */
import * as vscode from 'vscode';

interface Node {
  readonly type: vscode.FileType;
  readonly bytes: Uint8Array;
}

interface Act {
  readonly act: 'write' | 'rename';
  readonly name: string;
  readonly overwrite: boolean;
}

const { FileSystemError, FileType } = vscode;

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Registers it under a scheme, with one folder `/pictures`; the second function puts a file there unasked. */
export function memoryFiles(
  scheme: string,
  isReadonly = false,
): {
  readonly folder: vscode.Uri;
  readonly seed: (name: string, content: string | Uint8Array) => vscode.Uri;
  /** How names came to be there other than by `seed`, in their order. */
  readonly acts: readonly Act[];
} & vscode.Disposable {
  const nodes = new Map<string, Node>(
    ['/', '/pictures'].map((path) => [path, { type: FileType.Directory, bytes: new Uint8Array() }]),
  );
  const acts: Act[] = [];
  const nameIn = (uri: vscode.Uri): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

  const node = (uri: vscode.Uri): Node => {
    const found = nodes.get(uri.path);
    if (found === undefined) throw FileSystemError.FileNotFound(uri);
    return found;
  };
  const put = (uri: vscode.Uri, bytes: Uint8Array): void => {
    if (!nodes.has(parentOf(uri.path))) throw FileSystemError.FileNotFound(uri);
    nodes.set(uri.path, { type: FileType.File, bytes });
  };

  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changes.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => ({ type: node(uri).type, ctime: 0, mtime: 0, size: node(uri).bytes.length }),
    readDirectory: (uri) => {
      node(uri);
      return [...nodes]
        .filter(([path]) => path !== uri.path && parentOf(path) === uri.path)
        .map(([path, { type }]) => [path.slice(path.lastIndexOf('/') + 1), type]);
    },
    createDirectory: (uri) => void nodes.set(uri.path, { type: FileType.Directory, bytes: new Uint8Array() }),
    readFile: (uri) => node(uri).bytes,
    writeFile: (uri, bytes, { create, overwrite }) => {
      if (nodes.has(uri.path) ? !overwrite : !create) {
        throw nodes.has(uri.path) ? FileSystemError.FileExists(uri) : FileSystemError.FileNotFound(uri);
      }
      acts.push({ act: 'write', name: nameIn(uri), overwrite });
      put(uri, bytes);
    },
    delete: (uri) => {
      node(uri);
      nodes.delete(uri.path);
    },
    rename: (from, to, { overwrite }) => {
      if (nodes.has(to.path) && !overwrite) throw FileSystemError.FileExists(to);
      acts.push({ act: 'rename', name: nameIn(to), overwrite });
      put(to, node(from).bytes);
      nodes.delete(from.path);
    },
  };

  const registered = vscode.workspace.registerFileSystemProvider(scheme, provider, { isReadonly });
  const folder = vscode.Uri.from({ scheme, path: '/pictures' });
  return {
    folder,
    acts,
    seed: (name, content) => {
      const uri = vscode.Uri.joinPath(folder, name);
      put(uri, typeof content === 'string' ? Buffer.from(content) : content);
      return uri;
    },
    dispose: () => {
      registered.dispose();
      changes.dispose();
    },
  };
}
