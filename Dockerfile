# The image that `firsttoken launch kubernetes` names: npm pack && docker build --tag firsttoken:0.1.0 .
# DuckDB reads and writes s3:// and Parquet; it loads its extensions for S3 from its own site the first time.
FROM node:22-bookworm-slim
COPY firsttoken-*.tgz /tmp/
RUN npm install --global --no-fund --no-audit /tmp/firsttoken-*.tgz @duckdb/node-api@1.5.5-r.5 && rm /tmp/firsttoken-*.tgz && npm cache clean --force
RUN mkdir /logs && chown node:node /logs
USER node
WORKDIR /logs
ENTRYPOINT ["firsttoken"]
