/** What is used of the S3 client: imported by names, so that the rest of it stays out of the bundles. */
export { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
