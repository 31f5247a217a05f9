"""Reads a lake through its manifest alone, as docs/lake-format.md says.

usage: read_lake.py duckdb|arrow|pandas|spark LAKE  ->  JSON {relation: [row as text, ...]}, rows and columns sorted
"""
import datetime, decimal, hashlib, json, pathlib, sys

tool, lake = sys.argv[1], pathlib.Path(sys.argv[2])
text = (lake / 'manifests' / f'{int((lake / "current").read_text())}.json').read_bytes()
manifest = json.loads(text)
assert manifest['format'] == 1
body = text[: text.rindex(b',\n"sha256":')]
assert hashlib.sha256(body).hexdigest() == manifest['sha256']
tables = {
    name: relation for name, relation in manifest['relations'].items()
    if relation['kind'] == 'parts' and name.split('.')[0] in ('silver', 'gold', 'reference')
}
for relation in tables.values():
    for part in relation['parts']:
        found = lake / part['path']
        assert found.stat().st_size == part['bytes']
        assert hashlib.sha256(found.read_bytes()).hexdigest() == part['sha256']


def say(cell):
    if cell is None or cell != cell: return None
    if isinstance(cell, bool): return 'true' if cell else 'false'
    if isinstance(cell, datetime.datetime): return cell.strftime('%Y-%m-%d %H:%M:%S')
    if isinstance(cell, datetime.date): return cell.isoformat()
    if isinstance(cell, decimal.Decimal): return format(cell, 'f')
    return str(cell)


def rows_of(names, rows):
    order = sorted(range(len(names)), key=lambda i: names[i])
    return sorted(json.dumps([say(row[i]) for i in order], ensure_ascii=False, separators=(',', ':')) for row in rows)


def with_duckdb():
    import duckdb
    con = duckdb.connect()
    quote = lambda text: "'" + text.replace("'", "''") + "'"
    for name, relation in tables.items():
        columns = ', '.join(
            f"{quote(c['name'])}: {{name: {quote(c['name'])}, type: {quote(c['type'])}, default_value: null}}" for c in relation['columns'])
        paths = ', '.join(quote(str(lake / part['path'])) for part in relation['parts'])
        if not relation['parts']:
            yield name, [c['name'] for c in relation['columns']], []
            continue
        found = con.execute(f'select * from read_parquet([{paths}], schema = map{{{columns}}}, hive_partitioning = false)')
        yield name, [d[0] for d in found.description], found.fetchall()


def arrow_tables():
    import pyarrow as pa, pyarrow.parquet as pq
    for name, relation in tables.items():
        if not relation['parts']:
            yield name, None
            continue
        yield name, pa.concat_tables(
            [pq.ParquetFile(lake / part['path']).read() for part in relation['parts']], promote_options='permissive')


def with_arrow():
    for name, table in arrow_tables():
        if table is None: yield name, [], []
        else: yield name, table.column_names, [tuple(row.values()) for row in table.to_pylist()]


def with_pandas():
    import pandas, pyarrow
    for name, relation in tables.items():
        if not relation['parts']:
            yield name, [], []
            continue
        # Arrow's types: numpy has neither decimals nor whole numbers with nulls.
        frame = pandas.concat(
            [pandas.read_parquet(lake / part['path'], dtype_backend='pyarrow', partitioning=None) for part in relation['parts']])
        names = list(frame.columns)
        rows = zip(*[[None if cell is pandas.NA else cell for cell in frame[n].tolist()] for n in names])
        yield name, names, list(rows)


def with_spark():
    from pyspark.sql import SparkSession
    spark = (SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false')
             .config('spark.sql.session.timeZone', 'UTC').config('spark.sql.shuffle.partitions', '1').getOrCreate())
    spark.sparkContext.setLogLevel('OFF')
    for name, relation in tables.items():
        if not relation['parts']:
            yield name, [], []
            continue
        frame = spark.read.option('mergeSchema', 'true').parquet(*[str(lake / part['path']) for part in relation['parts']])
        yield name, frame.columns, [tuple(row) for row in frame.collect()]
    spark.stop()


read = {'duckdb': with_duckdb, 'arrow': with_arrow, 'pandas': with_pandas, 'spark': with_spark}[tool]
json.dump({name: rows_of(names, rows) for name, names, rows in read()}, sys.stdout)
