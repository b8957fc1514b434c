/** Where the image is pushed to. A stack of its own: it must be there before anything can run. */
import { type App, Construct, EcrLifecyclePolicy, EcrRepository } from '../cdktf.ts';
import { makeKey } from '../data/keys.ts';
import type { Settings } from '../settings/schema.ts';
import { BaseStack } from './base-stack.ts';
import { addOutput } from './output.ts';

const KEPT_IMAGES = 100;
/** Signatures and attestations that are tags of their own (`sha256-….sig`): several for an image. */
const KEPT_SIGNATURES = 1_000;

export function makeRegistry(app: App, settings: Settings): BaseStack {
  const stack = new BaseStack(app, 'registry', settings);
  const key = makeKey(new Construct(stack, 'key'), settings, 'registry', 'images');
  const repository = new EcrRepository(stack, 'images', {
    name: settings.name,
    // A tag means one image for ever, so that what was scanned is what runs.
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: [{ encryptionType: 'KMS', kmsKey: key.arn }],
    forceDelete: !settings.deletionProtection,
  });
  new EcrLifecyclePolicy(stack, 'images_kept', {
    repository: repository.name,
    policy: JSON.stringify({ rules: keepNewest() }),
  });
  addOutput(stack, 'repository', {
    value: repository.repositoryUrl,
    description: 'Tag the image with this name and push it',
  });
  addOutput(stack, 'login', {
    value:
      `aws ecr get-login-password --region ${settings.region} | docker login --username AWS ` +
      `--password-stdin ${settings.account}.dkr.ecr.${settings.region}.amazonaws.com`,
    description: 'Before a push',
  });
  return stack;
}

/**
 * What a rule has counted, no later one may delete: signatures must not be taken for images, or a third of
 * the images is kept. What has no tag hangs on an image that has one, and goes with it.
 */
function keepNewest() {
  const rule = (rulePriority: number, pattern: string, count: number, description: string) => ({
    rulePriority,
    description,
    selection: {
      tagStatus: 'tagged',
      tagPatternList: [pattern],
      countType: 'imageCountMoreThan',
      countNumber: count,
    },
    action: { type: 'expire' },
  });
  return [
    rule(1, 'sha256-*', KEPT_SIGNATURES, 'Signatures, which are no images'),
    rule(2, '*', KEPT_IMAGES, `The newest ${KEPT_IMAGES} images: enough to roll back to`),
  ];
}
