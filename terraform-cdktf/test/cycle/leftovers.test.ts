import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../cycle/leftovers.ts';

describe('what a destroy leaves', () => {
  it('is what was not there before', () => {
    const before = { ec2: { DescribeVpcs: ['vpc-default'] } };
    const after = {
      ec2: { DescribeVpcs: ['vpc-default', 'vpc-ours'] },
      sns: { ListTopics: ['ours'] },
    };
    deepEqual(compare(before, after), {
      left: ['ec2 DescribeVpcs: vpc-ours', 'sns ListTopics: ours'],
      pendingKeys: [],
      services: 2,
      operations: 2,
    });
  });

  it('is told of two things with one name', () => {
    const { left } = compare({ s3: { ListBuckets: ['a'] } }, { s3: { ListBuckets: ['a', 'a'] } });
    deepEqual(left, ['s3 ListBuckets: a']);
  });

  it('is not a key that waits for its end, which is named apart', () => {
    const after = { kms: { ListKeys: ['PendingDeletion: ours: images', 'Enabled: ours: logs'] } };
    const { left, pendingKeys } = compare({}, after);
    deepEqual(left, ['kms ListKeys: Enabled: ours: logs']);
    deepEqual(pendingKeys, ['ours: images']);
  });
});
