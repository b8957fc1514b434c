/** The image by digest, and where it comes from. */

/** <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:… */
const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@:]+)/;

/** Null: another registry, which wants no rights of AWS. */
export function imageRepositoryArn(image: string | null): string | null {
  const [, account, region, repository] = ECR.exec(image ?? '') ?? [];
  return repository === undefined
    ? null
    : `arn:aws:ecr:${region}:${account}:repository/${repository}`;
}
