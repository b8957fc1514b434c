import { deepEqual, equal, match } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alarms } from '../../cycle/front/alarms.ts';
import { flowLogs } from '../../cycle/front/flow-logs.ts';
import type { Call } from '../../cycle/front/front.ts';
import { services } from '../../cycle/front/services.ts';

const ask = async () => '{}';
const asForm = (text: string): Call => ({ target: '', form: new URLSearchParams(text), text, ask });
const asJson = (action: string, body: object): Call => ({
  target: `AmazonEC2ContainerServiceV20141113.${action}`,
  form: new URLSearchParams(),
  text: JSON.stringify(body),
  ask,
});

describe('the front of the emulator', () => {
  it('remembers whether tasks are spread again over the zones', async () => {
    const front = services();
    const service = { serviceArn: 'arn:api', deployments: [] };
    const asked = { availabilityZoneRebalancing: 'ENABLED' };
    await front.complete(asJson('CreateService', asked), JSON.stringify({ service }));
    const told = await front.complete(
      asJson('DescribeServices', {}),
      JSON.stringify({ services: [service] }),
    );
    equal(JSON.parse(told).services[0].availabilityZoneRebalancing, 'ENABLED');
  });

  it('leaves out a failed deployment when its last task is gone, and not before', async () => {
    const failed = { rolloutState: 'FAILED', runningCount: 0, pendingCount: 0 };
    const ending = { ...failed, runningCount: 1 };
    const service = { serviceArn: 'arn:api', deployments: [failed, ending] };
    const answer = JSON.stringify({ services: [service] });
    const told = await services().complete(asJson('DescribeServices', {}), answer);
    deepEqual(JSON.parse(told).services[0].deployments, [ending]);
  });

  it('tells alarms whole', async () => {
    const alarm = {
      AlarmName: 'a',
      MetricName: 'm',
      Dimensions: [{ Name: 'x', Value: '<1>' }],
      Period: 60,
      StateUpdatedTimestamp: 0,
    };
    const call = {
      ...asForm('Action=DescribeAlarms&AlarmNames.member.1=a'),
      ask: async () => JSON.stringify({ MetricAlarms: [alarm] }),
    };
    const told = await alarms().complete(call, '<R><MetricAlarms><member/></MetricAlarms></R>');
    equal(
      told,
      '<R><MetricAlarms><member><AlarmName>a</AlarmName><MetricName>m</MetricName>' +
        '<Dimensions><member><Name>x</Name><Value>&lt;1&gt;</Value></member></Dimensions>' +
        '<Period>60</Period>' +
        '<StateUpdatedTimestamp>1970-01-01T00:00:00.000Z</StateUpdatedTimestamp>' +
        '</member></MetricAlarms></R>',
    );
  });

  it('tells no period of an alarm over several metrics, which have one each', async () => {
    const alarm = { AlarmName: 'a', Period: 60, Statistic: 'Average', EvaluationPeriods: 5 };
    const call = {
      ...asForm('Action=DescribeAlarms'),
      ask: async () => JSON.stringify({ MetricAlarms: [alarm] }),
    };
    const told = await alarms().complete(call, '<MetricAlarms/>');
    equal(
      told,
      '<MetricAlarms><member><AlarmName>a</AlarmName>' +
        '<EvaluationPeriods>5</EvaluationPeriods></member></MetricAlarms>',
    );
  });

  it('remembers role, interval and tags of a flow log', async () => {
    const front = flowLogs();
    const written =
      'Action=CreateFlowLogs&DeliverLogsPermissionArn=arn:role&MaxAggregationInterval=60' +
      '&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=gateway';
    await front.complete(asForm(written), '<flowLogIdSet><item>fl-1</item></flowLogIdSet>');
    const answer = '<item><flowLogId>fl-1</flowLogId><tagSet/></item>';
    const told = await front.complete(asForm('Action=DescribeFlowLogs'), answer);
    match(told, /<deliverLogsPermissionArn>arn:role</);
    match(told, /<maxAggregationInterval>60</);
    match(told, /<tagSet><item><key>Name<\/key><value>gateway<\/value><\/item><\/tagSet><\/item>$/);
  });
});
