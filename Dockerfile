# The image that `firsttoken launch kubernetes` names: npm pack && docker build --tag firsttoken:0.1.0 .
FROM node:22-bookworm-slim
COPY firsttoken-*.tgz /tmp/
RUN npm install --global --no-fund --no-audit /tmp/firsttoken-*.tgz && rm /tmp/firsttoken-*.tgz && npm cache clean --force
RUN mkdir /logs && chown node:node /logs
USER node
WORKDIR /logs
ENTRYPOINT ["firsttoken"]
