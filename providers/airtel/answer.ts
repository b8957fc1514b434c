/** The three shapes of Airtel's answers, read into one. */
import {
  asObject,
  type HttpAnswer,
  type JsonObject,
  type ProviderAnswer,
  property,
  readCode,
  readObject,
} from '../../src/domain/provider-kit/answer.ts';

export interface AirtelAnswer extends ProviderAnswer {
  /** The `status` envelope; absent from the router's and the OAuth server's answers. */
  readonly envelope: JsonObject | undefined;
  readonly transaction: JsonObject | undefined;
  /** `DP…`: the collection service's word. */
  readonly responseCode: string | null;
  /** `ESB…`: the older layer's word. */
  readonly resultCode: string | null;
  /** `ROUTER…`: refused before the service. */
  readonly routerCode: string | null;
  readonly message: string;
}

export function readAirtelAnswer({ status, headers, body }: HttpAnswer): AirtelAnswer {
  const json = readObject(body);
  const envelope = asObject(property(json, 'status'));
  const responseCode = readCode(property(envelope, 'response_code'));
  const resultCode = readCode(property(envelope, 'result_code'));
  const routerCode = readCode(property(json, 'status_code'));
  const message = property(envelope, 'message');
  return {
    ...{ status, headers, body, json, envelope, responseCode, resultCode, routerCode },
    transaction: asObject(property(asObject(property(json, 'data')), 'transaction')),
    message: typeof message === 'string' ? message : '',
    providerCode: responseCode ?? resultCode ?? routerCode,
  };
}

export function hasCode(answer: AirtelAnswer, code: string): boolean {
  const { responseCode, resultCode, routerCode } = answer;
  return responseCode === code || resultCode === code || routerCode === code;
}
