with final as (
    select
        word,
        grade_number
    from (
        values
            ('k', 0),
            ('kg', 0),
            ('kindergarten', 0),
            ('grade k', 0),
            ('pk', -1),
            ('prek', -1),
            ('pre k', -1),
            ('pre kindergarten', -1),
            ('grade pk', -1)
    ) as t (word, grade_number)
)

select * from final
