/** CloudWatch: the emulator knows its alarms whole and tells them whole in JSON, but not in XML. */
import type { Completion } from './front.ts';
import { toXml } from './xml.ts';

const DESCRIBE = 'GraniteServiceVersion20100801.DescribeAlarms';

export function alarms(): Completion {
  return {
    concerns: ({ form }) => form.get('Action') === 'DescribeAlarms',
    async complete({ form, ask }, answer) {
      const AlarmNames = [...form]
        .filter(([name]) => name.startsWith('AlarmNames.member.'))
        .map(([, value]) => value);
      const types = [...form]
        .filter(([name]) => name.startsWith('AlarmTypes.member.'))
        .map(([, value]) => value);
      const query = { AlarmNames, ...(types.length > 0 && { AlarmTypes: types }) };
      const { MetricAlarms = [] } = JSON.parse(await ask(DESCRIBE, query));
      const whole = `<MetricAlarms>${toXml(MetricAlarms.map(asAws))}</MetricAlarms>`;
      return answer.replace(/<MetricAlarms>.*<\/MetricAlarms>|<MetricAlarms\/>/s, () => whole);
    },
  };
}

/** An alarm over several metrics has a period and a statistic with each of them, and none of its own. */
function asAws(alarm: Record<string, unknown>): Record<string, unknown> {
  if (alarm.MetricName) return alarm;
  const { Period: _, Statistic: __, ...rest } = alarm;
  return rest;
}
