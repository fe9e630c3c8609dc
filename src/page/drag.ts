/** Files that are dragged between the page and the rest of the editor. */

/** The types under which VS Code's views pass files: all of them, their addresses as JSON, and what browsers pass. */
export const editorList = 'application/vnd.code.uri-list';
const resourceList = 'ResourceURLs';
export const plainList = 'text/uri-list';

let own = false;

/** True while something of this page is dragged, which is nothing that comes from outside. */
export const isOwnDrag = (): boolean => own;

/** Lets an element be dragged out as a file, while `address` gives one: the address that the window of the editor knows. */
export const dragAsFile = (element: HTMLElement, address: () => string | null): void => {
  element.addEventListener('dragstart', (event) => {
    const uri = address();
    if (uri === null || event.dataTransfer === null) return event.preventDefault();
    own = true;
    event.dataTransfer.effectAllowed = 'copy';
    event.dataTransfer.setData(editorList, uri);
    event.dataTransfer.setData(resourceList, JSON.stringify([uri]));
    event.dataTransfer.setData(plainList, uri);
  });
  element.addEventListener('dragend', () => (own = false));
};
