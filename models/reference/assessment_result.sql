with final as (
    select
        raw,
        code
    from (
        values
            ('scored', 'scored'),
            ('exempt', 'exempt'),
            ('ex', 'exempt'),
            ('excused', 'exempt'),
            ('missing', 'missing'),
            ('absent', 'missing'),
            ('ab', 'missing'),
            ('m', 'missing'),
            ('ns', 'missing')
    ) as t (raw, code)
)

select * from final
