/** EC2: of a flow log the emulator forgets the role, the interval and the tags. */
import type { Completion } from './front.ts';
import { element } from './xml.ts';

export function flowLogs(): Completion {
  /** What was written, by the id of the flow log. */
  const written = new Map<string, string>();
  return {
    concerns: ({ form }) => /^(Create|Describe)FlowLogs$/.test(form.get('Action') ?? ''),
    complete({ form }, answer) {
      if (form.get('Action') === 'CreateFlowLogs') {
        const id = /<item>(fl-\w+)<\/item>/.exec(answer)?.[1];
        if (id) written.set(id, partsOf(form));
        return answer;
      }
      return answer.replaceAll(
        /(<flowLogId>(fl-\w+)<\/flowLogId>)(.*?)(<\/item>)/gs,
        (...match) => {
          const [whole, start, id, rest, end] = match as string[];
          const parts = written.get(id ?? '');
          if (parts === undefined) return whole ?? '';
          return `${start}${parts}${rest?.replace(/<tagSet\s*\/>|<tagSet>.*<\/tagSet>/s, '')}${end}`;
        },
      );
    },
  };
}

function partsOf(form: URLSearchParams): string {
  const tags = [];
  for (let number = 1; ; number += 1) {
    const place = `TagSpecification.1.Tag.${number}`;
    const key = form.get(`${place}.Key`);
    if (key === null) break;
    tags.push({ key, value: form.get(`${place}.Value`) ?? '' });
  }
  return [
    element('deliverLogsPermissionArn', form.get('DeliverLogsPermissionArn') ?? ''),
    element('maxAggregationInterval', form.get('MaxAggregationInterval') ?? '600'),
    `<tagSet>${tags.map((tag) => element('item', tag)).join('')}</tagSet>`,
  ].join('');
}
