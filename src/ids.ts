/** Every id that package.json, the code and the tests share. A test holds this table against package.json. */

export const commands = {
  inpaint: 'fluxFill.inpaint',
  outpaint: 'fluxFill.outpaint',
  inpaintWithMask: 'fluxFill.inpaintWithMask',
  inpaintWithAlpha: 'fluxFill.inpaintWithAlpha',
  useSettings: 'fluxFill.useSettings',
  insertImage: 'fluxFill.insertImage',
  insertImageAs: 'fluxFill.insertImageAs',
  exportMask: 'fluxFill.exportMask',
  chooseService: 'fluxFill.chooseService',
  setApiKey: 'fluxFill.setApiKey',
  clearApiKey: 'fluxFill.clearApiKey',
  checkKey: 'fluxFill.checkKey',
  showFills: 'fluxFill.showFills',
  cancelFill: 'fluxFill.cancelFill',
  cancelQueued: 'fluxFill.cancelQueued',
  cancelAll: 'fluxFill.cancelAll',
  openResult: 'fluxFill.openResult',
  keepResult: 'fluxFill.keepResult',
  saveAgain: 'fluxFill.saveAgain',
  askAgain: 'fluxFill.askAgain',
  makeRest: 'fluxFill.makeRest',
  sendAgain: 'fluxFill.sendAgain',
  copyTaskId: 'fluxFill.copyTaskId',
  setWebhookSecret: 'fluxFill.setWebhookSecret',
  showHistory: 'fluxFill.showHistory',
  recentPrompts: 'fluxFill.recentPrompts',
  showSpending: 'fluxFill.showSpending',
  showLog: 'fluxFill.showLog',
  reportIssue: 'fluxFill.reportIssue',
  newFromClipboard: 'fluxFill.newFromClipboard',
  openSample: 'fluxFill.openSample',
  getStarted: 'fluxFill.getStarted',
  batch: 'fluxFill.batch',
  showBatches: 'fluxFill.showBatches',
  saveRecipe: 'fluxFill.saveRecipe',
  runRecipe: 'fluxFill.runRecipe',
  generate: 'fluxFill.generate',
  undo: 'fluxFill.undo',
  redo: 'fluxFill.redo',
  invert: 'fluxFill.invertMask',
  clear: 'fluxFill.clearMask',
  fit: 'fluxFill.fit',
  actual: 'fluxFill.actualSize',
  compare: 'fluxFill.compare',
  copyImage: 'fluxFill.copyImage',
  chooseTool: 'fluxFill.chooseTool',
} as const;

/** Settings, without the `fluxFill` section they stand in. */
export const settings = {
  bflRegion: 'bfl.region',
  bflBaseUrl: 'bfl.baseUrl',
  bflWebhookUrl: 'bfl.webhookUrl',
  bflSendMask: 'bfl.sendMask',
  falBaseUrl: 'fal.baseUrl',
  falUpload: 'fal.upload',
  falSyncMode: 'fal.syncMode',
  replicateBaseUrl: 'replicate.baseUrl',
  compatibleBaseUrl: 'compatible.baseUrl',
  defaultService: 'defaults.service',
  defaultPrompt: 'defaults.prompt',
  defaultSteps: 'defaults.steps',
  defaultGuidance: 'defaults.guidance',
  defaultSafetyTolerance: 'defaults.safetyTolerance',
  defaultPromptUpsampling: 'defaults.promptUpsampling',
  defaultResultFormat: 'defaults.resultFormat',
  defaultImages: 'defaults.images',
  defaultWindow: 'defaults.window',
  paintedGrow: 'defaults.mask.painted.grow',
  paintedFeather: 'defaults.mask.painted.feather',
  rectangleGrow: 'defaults.mask.rectangle.grow',
  rectangleFeather: 'defaults.mask.rectangle.feather',
  fileGrow: 'defaults.mask.file.grow',
  fileFeather: 'defaults.mask.file.feather',
  alphaGrow: 'defaults.mask.alpha.grow',
  alphaFeather: 'defaults.mask.alpha.feather',
  outpaintOverlap: 'defaults.outpaint.overlap',
  outpaintFeather: 'defaults.outpaint.feather',
  defaultSaveAs: 'defaults.saveAs',
  defaultTone: 'defaults.tone',
  defaultOpaque: 'defaults.opaque',
  saveNote: 'save.note',
  dailyLimit: 'money.dailyLimit',
  agentLimit: 'agents.dailyLimit',
  storageLimit: 'history.storageLimit',
} as const;

export const contexts = {
  panelActive: 'fluxFill.panelActive',
  hasFills: 'fluxFill.hasFills',
  /** The person asked for the list of fills: it is shown while it is empty, too. */
  wantsFills: 'fluxFill.wantsFills',
} as const;

/** Publisher and name of package.json, as VS Code calls the extension. */
export const extensionId = 'flux-fill.flux-fill';
export const section = 'fluxFill';
export const panelViewType = 'fluxFill.panel';
export const historyViewType = 'fluxFill.history';
export const pasteViewType = 'fluxFill.paste';

/** Views in the side bar. */
export const views = { fills: 'fluxFill.fills' } as const;

/** Tools for agents, as language models call them. */
export const tools = { fill: 'flux_fill_inpaint', plan: 'flux_fill_plan' } as const;

/** Walkthroughs of the page Get Started. */
export const walkthroughs = { start: 'start' } as const;

/** Scheme of the reports of batches, which are documents without a file. */
export const reportScheme = 'flux-fill-batch';

/** Names in SecretStorage. A key is bound to the origin it was entered for. */
export const secrets = {
  key: (origin: string): string => `fluxFill.key:${origin}`,
  webhookSecret: (origin: string): string => `fluxFill.webhookSecret:${origin}`,
} as const;

/** Environment variables read as a second source of a key, by service. */
export const keyVariables = {
  bfl: 'BFL_API_KEY',
  fal: 'FAL_KEY',
  replicate: 'REPLICATE_API_TOKEN',
  compatible: 'FLUX_FILL_COMPATIBLE_KEY',
} as const;
