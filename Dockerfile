# One run over the project that is mounted at /project: docker run --rm -v "$PWD:/project" schoolhouse
FROM node:20-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY contracts ./contracts
COPY models ./models
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY bin ./bin
COPY contracts ./contracts
COPY models ./models
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
RUN chmod -R a+rX /app && chmod a+x bin/schoolhouse.js \
    && ln -s /app/bin/schoolhouse.js /usr/local/bin/schoolhouse \
    && install -d -o node -g node -m 0755 /project
USER 1000:1000
WORKDIR /project
VOLUME /project
ENTRYPOINT ["schoolhouse"]
CMD ["run"]
