/** Files that an agent names: inside the workspace, links resolved, and nowhere else. */
import { realpath } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { refuse } from './refusal.ts';

/** A place where a named file could lie. */
interface Candidate {
  readonly folder: vscode.Uri;
  readonly uri: vscode.Uri;
}

type Found = vscode.Uri | 'missing' | 'outside';

const hasScheme = (name: string): boolean => /^[a-z][a-z0-9+.-]+:\//i.test(name);

const sameRoot = (a: vscode.Uri, b: vscode.Uri): boolean =>
  a.scheme === b.scheme && a.authority.toLowerCase() === b.authority.toLowerCase();

const parsed = (name: string): vscode.Uri => {
  try {
    return vscode.Uri.parse(name, true);
  } catch {
    return refuse(`${name} is no address of a file.`);
  }
};

/** From each folder, and, with several folders, as the Explorer writes it: the folder's name first. */
const relativeTo = ({ uri, name }: vscode.WorkspaceFolder, several: boolean, file: string): Candidate[] => {
  const slashed = file.replaceAll('\\', path.sep === '\\' ? '/' : '\\');
  const rest = slashed.startsWith(`${name}/`) ? slashed.slice(name.length + 1) : undefined;
  return [slashed, ...(several && rest !== undefined ? [rest] : [])].map((each) => ({
    folder: uri,
    uri: vscode.Uri.joinPath(uri, each),
  }));
};

const candidatesOf = (name: string, folders: readonly vscode.WorkspaceFolder[]): readonly Candidate[] => {
  if (hasScheme(name)) {
    const uri = parsed(name);
    return folders.filter((folder) => sameRoot(folder.uri, uri)).map((folder) => ({ folder: folder.uri, uri }));
  }
  if (!path.isAbsolute(name) && !name.startsWith('/'))
    return folders.flatMap((folder) => relativeTo(folder, folders.length > 1, name));
  return folders.map(({ uri: folder }) => ({
    folder,
    uri: folder.scheme === 'file' ? vscode.Uri.file(name) : folder.with({ path: name }),
  }));
};

/** Where the file system lets links be resolved, both ends are; the file is then named by where it really lies. */
const findLocal = async ({ folder, uri }: Candidate): Promise<Found> => {
  try {
    const home = await realpath(folder.fsPath);
    const inside = path.relative(home, await realpath(uri.fsPath));
    if (inside === '') return 'missing';
    if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside)) return 'outside';
    return vscode.Uri.joinPath(folder, ...inside.split(path.sep));
  } catch {
    return 'missing';
  }
};

/** Elsewhere nothing says where a link leads: a path with one in it is not taken. */
const findRemote = async ({ folder, uri }: Candidate): Promise<Found> => {
  const home = path.posix.normalize(`${folder.path}/`);
  const file = path.posix.normalize(uri.path);
  if (!file.startsWith(home)) return 'outside';
  let at = folder;
  try {
    for (const segment of file.slice(home.length).split('/')) {
      at = vscode.Uri.joinPath(at, segment);
      const { type } = await vscode.workspace.fs.stat(at);
      if (type & vscode.FileType.SymbolicLink) return 'outside';
    }
    return at;
  } catch {
    return 'missing';
  }
};

/** The file `name` in these folders: an absolute path, an address, or a path from a folder. Throws a Refusal. */
export const workspaceFile = async (name: string, folders: readonly vscode.WorkspaceFolder[]): Promise<vscode.Uri> => {
  if (folders.length === 0) refuse('No folder is open. Flux Fill works for agents on files of the workspace only.');
  if (name.includes('\0')) refuse('A path has no zero character.');
  const candidates = candidatesOf(name, folders);
  const looked = await Promise.all(
    candidates.map((candidate) => (candidate.folder.scheme === 'file' ? findLocal : findRemote)(candidate)),
  );
  const found = [
    ...new Map(looked.filter((each) => typeof each !== 'string').map((uri) => [uri.toString(), uri])).values(),
  ];
  if (found.length > 1)
    refuse(`${name} is in several folders of the workspace: ${found.map(placeOf).join(', ')}. Name one of them.`);
  if (found.length === 0)
    refuse(
      looked.every((each) => each === 'missing') && candidates.length > 0
        ? `There is no file ${name} in the workspace.`
        : `${name} lies outside the workspace, or a link in its path leads out of it. Only files of the workspace can be used.`,
    );
  const [uri] = found;
  const { type } = await vscode.workspace.fs.stat(uri);
  return type & vscode.FileType.File ? uri : refuse(`${name} is a folder or a device, not a file.`);
};

/** The path of a local file; the address of any other. */
export const placeOf = (uri: vscode.Uri): string => (uri.scheme === 'file' ? uri.fsPath : uri.toString(true));
