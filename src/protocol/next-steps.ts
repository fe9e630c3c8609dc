/** What a person can press beside the sentence of a fault, where a button takes them further than the words do. */
import type { FaultCode } from '../fill/faults.ts';
import type { TextKey } from './texts.ts';

export const nextSteps = ['key', 'address', 'proxy', 'certificates', 'limit', 'report'] as const;

export type NextStep = (typeof nextSteps)[number];

const steps: Partial<Record<FaultCode, NextStep>> = {
  'key.missing': 'key',
  'key.refused': 'key',
  'key.characters': 'key',
  'key.unreadable': 'key',
  'money.limit': 'limit',
  'money.agentLimit': 'limit',
  'service.baseUrl': 'address',
  'service.noBaseUrl': 'address',
  'service.notFound': 'address',
  'service.answer': 'report',
  'service.pollingAddress': 'report',
  'service.uploadAddress': 'report',
  'service.resultAddress': 'report',
  'service.resultType': 'report',
  'service.resultSize': 'report',
  'service.unknownAnswer': 'report',
  'service.redirect': 'proxy',
  'service.unknownPage': 'proxy',
  'network.unreachable': 'proxy',
  'network.proxy': 'proxy',
  'network.proxyAuth': 'proxy',
  'network.socks': 'proxy',
  'network.broken': 'proxy',
  'network.page': 'proxy',
  'network.timeout': 'proxy',
  'network.certificate': 'certificates',
  'result.notAnImage': 'report',
  'result.changedOutside': 'report',
  'job.record': 'report',
  'worker.timeout': 'report',
  internal: 'report',
};

/** The step after a fault; undefined where its sentence says all there is to do. */
export const nextStepOf = (code: string): NextStep | undefined =>
  Object.hasOwn(steps, code) ? steps[code as FaultCode] : undefined;

/** What the button of a step says. */
export const stepTexts: Readonly<Record<NextStep, TextKey>> = {
  key: 'key.button',
  address: 'service.setting',
  proxy: 'step.proxy',
  certificates: 'step.certificates',
  limit: 'step.limit',
  report: 'step.report',
};
