/** Icons of 16 × 16, drawn with lines in the colour of the text around them. */
const paths = {
  brush: 'M13.5 2.5 7.3 8.7M9 10.4 6.1 7.5M6 8.2c-1.9 0-2.8 1.3-2.9 2.8-.1 1-.5 1.6-1.4 2 2.8 1 6.6.4 6.8-2.4',
  eraser:
    'M6 13.5h7.5M9.4 2.9 2.6 9.7a1 1 0 0 0 0 1.4l2.3 2.4h2.6l6-6a1 1 0 0 0 0-1.4L10.8 2.9a1 1 0 0 0-1.4 0ZM5.6 6.7l4.3 4.3',
  rectangle: 'M2.5 5V3.5h2M7 3.5h2M11.5 3.5h2V5M13.5 7.2v1.6M13.5 11v1.5h-2M9 12.5H7M4.5 12.5h-2V11M2.5 8.8V7.2',
  ellipse:
    'M5.2 4.2A6.4 6.4 0 0 1 8 3.6M10.7 4.1a5.5 5 0 0 1 2.2 1.8M13.5 8.2a4.6 4.6 0 0 1-1.3 2.6M9.9 12.1a6.4 6.4 0 0 1-3.2.2M4.2 11.2a4.6 4.6 0 0 1-1.6-2.4M2.7 6.6a4.4 4.4 0 0 1 .7-1.2',
  lasso:
    'M4.6 10.3C3.3 9.6 2.5 8.5 2.5 7.2c0-2.5 2.5-4.4 5.5-4.4s5.5 1.9 5.5 4.4-2.5 4.3-5.5 4.3c-.9 0-1.8-.1-2.5-.4M5.6 10.2a1.4 1.4 0 1 1-2.8 0 1.4 1.4 0 0 1 2.8 0ZM4.2 11.7c.3.9-.1 1.5-1 2',
  polygon: 'M3.2 12.8 2.6 4.2 7 6.8l6.4-3.6-1.2 7.6ZM3.2 12.8v.1',
  wand: 'M2.6 13.4 8.9 7.1M11 2.4v2M11 7.8v2M7.3 6.1h0M12.7 6.1h2M8.6 3.7l.7.7M13.4 3.7l-.7.7M13.4 8.5l-.7-.7',
  bucket:
    'M6.8 2.8 2.8 6.8a1 1 0 0 0 0 1.4l4 4a1 1 0 0 0 1.4 0l4-4-5.4-5.4ZM2.6 7.6h9.2M5.4 1.4l1.4 1.4M13.6 9.8c.7 1.1 1 1.7 1 2.2a1 1 0 0 1-2 0c0-.5.3-1.1 1-2.2Z',
  move: 'M8 2v12M2 8h12M6.3 3.7 8 2l1.7 1.7M6.3 12.3 8 14l1.7-1.7M3.7 6.3 2 8l1.7 1.7M12.3 6.3 14 8l-1.7 1.7',
  replace: 'M3.5 3.5h9v9h-9Z',
  add: 'M2.5 2.5h7.5v3.5h3.5v7.5H6V10H2.5Z',
  subtract: 'M2.5 2.5h7.5V6H6v4H2.5ZM10 8.2V10H8.2M13.5 9v-.1M13.5 11.5v2h-2M9 13.5h-.1M6 13.5v-.1',
  intersect: 'M6 6h4v4H6ZM2.5 4.5v-2h2M7 2.5h.1M2.5 7v.1M13.5 11.5v2h-2M9 13.5h-.1M13.5 9v-.1',
  hand: 'M5.2 8.5V3.8a1 1 0 0 1 2 0V7M7.2 7V2.7a1 1 0 0 1 2 0V7M9.2 7V3.5a1 1 0 0 1 2 0V8M11.2 8V5.5a1 1 0 0 1 2 0V10c0 2.5-1.7 4-4 4-2 0-3-.8-3.9-2.2L2.9 9a1 1 0 0 1 1.7-1.1l.6.8',
  undo: 'M5.5 3 2.5 6l3 3M2.8 6H9a4 4 0 0 1 0 8H6.5',
  redo: 'M10.5 3l3 3-3 3M13.2 6H7a4 4 0 0 0 0 8h2.5',
  clear: 'M2.5 4.5h11M6 4.5V2.8h4v1.7M4 4.5l.7 8.7h6.6L12 4.5M6.7 7v4M9.3 7v4',
  invert: 'M8 2.5a5.5 5.5 0 1 0 0 11ZM8 2.5a5.5 5.5 0 0 1 0 11',
  zoomIn: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3l3.5 3.5M5 7h4M7 5v4',
  zoomOut: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3l3.5 3.5M5 7h4',
  fit: 'M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M5.5 6h5v4h-5Z',
  actual: 'M3 5.2 4.7 4v8M11 5.2 12.7 4v8M8 6.2v.1M8 9.8v.1',
  lock: 'M4 7.5h8v6H4ZM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  unlock: 'M4 7.5h8v6H4ZM5.5 7.5V5a2.5 2.5 0 0 1 4.9-.7',
  keep: 'M4 2.5h8v11L8 10.8 4 13.5Z',
  close: 'M4 4l8 8M12 4l-8 8',
  error: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.9 5.9l4.2 4.2M10.1 5.9l-4.2 4.2',
  warning: 'M8 2.5 14 13.5H2ZM8 6.5v3.2M8 11.4v.2',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3v3.8M8 4.9v.2',
  check: 'M3 8.5 6.5 12 13 4.5',
  orientation: 'M2.5 2.5h5v7h-5ZM7.5 7.5h6v5h-8v-3',
  key: 'M10.5 9.5a3.5 3.5 0 1 0-3.3-2.3L2.5 11.9v1.6h2.3v-1.6h1.6v-1.6l1.4-1.4M11.3 4.9v.1',
  slider: 'M2.5 3.5h11v9h-11ZM8 1.5v13M5.8 6.5 4.3 8l1.5 1.5M10.2 6.5 11.7 8l-1.5 1.5',
  eye: 'M1.8 8S4 4 8 4s6.2 4 6.2 4-2.2 4-6.2 4-6.2-4-6.2-4ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z',
  difference: 'M2.5 2.5h7v7h-7ZM6.5 6.5h7v7h-7Z',
  side: 'M1.5 3.5h5.5v9H1.5ZM9 3.5h5.5v9H9Z',
  swap: 'M3 6h9.5M10 3.5 12.5 6 10 8.5M13 11H3.5M6 8.5 3.5 11 6 13.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8Z',
  original: 'M8 5v3.2l2.2 1.6M3 5.2A5.5 5.5 0 1 1 2.5 8M2.7 2.7v2.8h2.8',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  grip: 'M6 3.5v.1M10 3.5v.1M6 8v.1M10 8v.1M6 12.5v.1M10 12.5v.1',
  insert: 'M2.5 3.5h11M2.5 12.5h11M2.5 8h4M13.5 8H8.8M10.8 6 8.8 8l2 2',
  keys: 'M1.5 4.5h13v7.5h-13ZM4 7v.1M6.7 7v.1M9.3 7v.1M12 7v.1M5 9.7h6',
} as const;

export type IconName = keyof typeof paths;

const space = 'http://www.w3.org/2000/svg';

export const icon = (name: IconName): SVGSVGElement => {
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(space, 'path'));
  setIcon(svg, name);
  return svg;
};

export const setIcon = (svg: SVGSVGElement, name: IconName): void =>
  svg.firstElementChild!.setAttribute('d', paths[name]);
