/** MTN's answers as the classifier reads them: an error is an object with a `code`. */
import {
  type HttpAnswer,
  type ProviderAnswer,
  property,
  readCode,
  readObject,
} from '../../src/domain/provider-kit/answer.ts';

export function readMtnAnswer({ status, headers, body }: HttpAnswer): ProviderAnswer {
  const json = readObject(body);
  return { status, headers, body, json, providerCode: readCode(property(json, 'code')) };
}
