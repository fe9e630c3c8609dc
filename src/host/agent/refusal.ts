/** What an agent is told when something does not go: a sentence for a model, which can change its call but press nothing. */
import { faultOf, format, type Fault, type FaultCode, type Result } from '../../fill/faults.ts';
import { sentences } from '../../fill/sentences.ts';
import { machineName } from '../machine.ts';

/** Where the common sentence speaks to a person in front of the panel. */
const ownSentences: Partial<Record<FaultCode, string>> = {
  'mask.empty': 'The mask is empty: nothing would change.',
  'mask.size':
    'The mask {mask} has {maskWidth} × {maskHeight} pixels, the image {image} has {width} × {height}. Give a mask of the size of the image.',
  'money.agentLimit':
    'The daily limit of {limit} for agents would be passed: {spent} is spent today, and this costs {price}. Nothing was sent. The user can raise it with the setting fluxFill.agents.dailyLimit; you cannot. The service practice is free.',
  'key.missing':
    'No API key for {origin}. Ask the user to set one with the command “Flux Fill: Set API Key”; you cannot set it.',
  'key.refused': '{origin} refused the API key. Ask the user to set another with the command “Flux Fill: Set API Key”.',
  'service.credits':
    'The account at {origin} has no credits left. Ask the user to add credits there. Nothing was charged.',
  'service.noBaseUrl': '{service} is not set up. Ask the user to set {setting}, or leave the service out.',
  'result.kept': 'The result is kept. Ask the user to choose Save Again in the view “Flux Fill: Fills”.',
  internal: 'Something went wrong inside Flux Fill.',
};

/** A call that is refused, in a sentence for the model. */
export class Refusal extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Refusal';
  }
}

export function refuse(sentence: string): never {
  throw new Refusal(sentence);
}

export const sentenceForModel = (fault: Fault): string =>
  format(ownSentences[fault.code] ?? sentences[fault.code], { ...fault.args, machine: machineName() });

/** Anything thrown, as what the model is told; what nobody foresaw says nothing of itself. */
export const refusalOf = (error: unknown): Refusal =>
  error instanceof Refusal ? error : new Refusal(sentenceForModel(faultOf(error)));

/** The value of a result; its fault as a refusal. */
export const granted = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Refusal(sentenceForModel(result.fault));
  return result.value;
};
