/** Where the image is pushed to. A stack of its own: it must be there before anything can run. */
import { type App, Construct, EcrLifecyclePolicy, EcrRepository } from '../cdktf.ts';
import { makeKey } from '../data/keys.ts';
import type { Settings } from '../settings/schema.ts';
import { BaseStack } from './base-stack.ts';
import { addOutput } from './output.ts';

const KEPT_IMAGES = 100;

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
    policy: JSON.stringify({ rules: [keepNewest(KEPT_IMAGES)] }),
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

function keepNewest(count: number) {
  return {
    rulePriority: 1,
    description: `The newest ${count} images: enough to roll back to any that is still wanted`,
    selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: count },
    action: { type: 'expire' },
  };
}
