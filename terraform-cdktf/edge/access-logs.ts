/** Who called and what they were told, in a bucket that nobody but the load balancer writes. */
import {
  type Construct,
  type ITerraformDependable,
  S3Bucket,
  S3BucketLifecycleConfiguration,
  S3BucketOwnershipControls,
  S3BucketPolicy,
  S3BucketPublicAccessBlock,
  S3BucketServerSideEncryptionConfigurationA,
  S3BucketVersioningA,
} from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context } from '../stacks/parts.ts';
import { policy } from '../stacks/policy.ts';

const PREFIX = 'load-balancer';
/** An upload in parts that never ended. */
const UNFINISHED_DAYS = 7;
/** A deleted line can be had back for so long. */
const DELETED_DAYS = 30;

export interface AccessLogs {
  bucket: string;
  prefix: string;
  /** The load balancer tries to write when it is told of the bucket. */
  ready: ITerraformDependable;
}

export function makeAccessLogs({ settings }: Context, scope: Construct): AccessLogs {
  // Names of buckets are taken world-wide: the account makes ours its own.
  const name = `${settings.name}-access-logs-${settings.account}-${settings.region}`;
  const bucket = new S3Bucket(scope, 'access_logs', {
    bucket: name,
    // A protected deployment's logs are evidence: emptying the bucket is a person's own step.
    forceDestroy: !settings.deletionProtection,
  });
  explainSkips(bucket);
  close(scope, bucket.id);
  new S3BucketLifecycleConfiguration(scope, 'access_logs_lifecycle', {
    bucket: bucket.id,
    rule: [
      {
        id: 'expire',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        expiration: [{ days: settings.accessLogDays }],
        noncurrentVersionExpiration: [{ noncurrentDays: DELETED_DAYS }],
        abortIncompleteMultipartUpload: [{ daysAfterInitiation: UNFINISHED_DAYS }],
      },
    ],
  });
  const ready = new S3BucketPolicy(scope, 'access_logs_policy', {
    bucket: bucket.id,
    policy: writerPolicy(settings, name),
  });
  return { bucket: bucket.id, prefix: PREFIX, ready };
}

function close(scope: Construct, bucket: string): void {
  new S3BucketPublicAccessBlock(scope, 'access_logs_public_access', {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  new S3BucketOwnershipControls(scope, 'access_logs_ownership', {
    bucket,
    rule: { objectOwnership: 'BucketOwnerEnforced' },
  });
  new S3BucketServerSideEncryptionConfigurationA(scope, 'access_logs_encryption', {
    bucket,
    rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
  });
  new S3BucketVersioningA(scope, 'access_logs_versions', {
    bucket,
    versioningConfiguration: { status: 'Enabled' },
  });
}

/** Source: ELB user guide, "Enable access logs for your Application Load Balancer". */
function writerPolicy({ account, region }: Settings, bucket: string): string {
  const arn = `arn:aws:s3:::${bucket}`;
  return policy(
    {
      Sid: 'WriteLogs',
      Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `${arn}/${PREFIX}/AWSLogs/${account}/*`,
      Condition: {
        ArnLike: {
          'aws:SourceArn': `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/*`,
        },
      },
    },
    {
      Sid: 'OnlyByTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [arn, `${arn}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  );
}

function explainSkips(bucket: S3Bucket): void {
  skipCheck(
    bucket,
    'CKV_AWS_145',
    'A load balancer writes only where S3 encrypts with keys of its own',
  );
  skipCheck(bucket, 'CKV_AWS_18', 'It is the log: a log of who read the log would never end');
  skipCheck(bucket, 'CKV_AWS_144', 'Access logs are kept where the deployment is');
  skipCheck(bucket, 'CKV2_AWS_62', 'Nobody waits for an access log');
}
